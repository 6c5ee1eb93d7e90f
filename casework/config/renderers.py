"""How forms are drawn: every template of a form or a widget is taken from `templates/django/forms/`."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Forms through the project's template settings, so that a widget's look is a template and never Python."""

"""What the sections of the data files are called, where they stand, and what an entry of each must say."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .words import LISTS, label_of

Words = str | Promise


@dataclass(frozen=True)
class Field:
    """One field of an entry, as it is checked and as a form asks for it.

    `kind` is text, longtext, date, year, number, boolean, url, email, list, ref or choice; `ref` the section (or the
    code list, as `code_lists.places`) that the value names an entry of.
    """

    name: str
    kind: str = "text"
    required: bool = False
    ref: str = ""
    choices: tuple[tuple[str, Words], ...] = ()

    @property
    def label(self) -> Words:
        """What the field is called on a page."""
        return label_of(self.name)


@dataclass(frozen=True)
class Section:
    """A kind of entry: its key (file and key there), its address, its title, and the group it stands in."""

    key: str
    slug: str
    title: Words
    group: str
    fields: tuple[Field, ...] = ()
    editable: bool = True

    @property
    def file(self) -> str:
        """The data file that its entries come from."""
        return self.key.split(".", 1)[0]


GROUPS = {
    "law": _("The law"),
    "bodies": _("Bodies and who is competent"),
    "directory": _("Directory"),
    "monitoring": _("What is planned, recommended and reported"),
    "published": _("Published figures and assessments"),
    "words": _("Words, age classes and codes"),
}
"""The groups of the start page, in their order."""


def text(name: str, *, required: bool = False) -> Field:
    return Field(name, required=required)


def long(name: str, *, required: bool = False) -> Field:
    return Field(name, "longtext", required=required)


def ref(name: str, section: str, *, required: bool = False) -> Field:
    return Field(name, "ref", required=required, ref=section)


def choice(name: str, *choices: tuple[str, Words], required: bool = True) -> Field:
    return Field(name, "choice", required=required, choices=choices)


LAWS, BODIES, AUTHORITIES = "laws.instruments", "organisations.organisations", "authorities.authorities"
PLACES, FIGURES = "code_lists.places", "published_figures.figures"
NAME, SUMMARY, NOTE = text("name", required=True), long("summary"), long("note")
NOT_STATED = ("not stated", pgettext_lazy("answer", "Not stated"))
NAMES = (text("abbreviation"), Field("other_names", "list"))
BODY, COUNT = ref("body", BODIES), Field("count", "number")
PARTNERS, FIGURES_OF_IT = Field("partners", "list", ref=BODIES), Field("figures", "list", ref=FIGURES)
PROGRESS = (
    ("not started", pgettext_lazy("activity", "Not started")),
    ("in progress", pgettext_lazy("activity", "In progress")),
    ("done", pgettext_lazy("activity", "Done")),
    ("not stated", pgettext_lazy("activity", "Not stated")),
)
LICENCE = (
    ("applied", pgettext_lazy("licence", "Applied for")),
    ("delayed", pgettext_lazy("licence", "Delayed")),
    ("granted", pgettext_lazy("licence", "Granted")),
    ("refused", pgettext_lazy("licence", "Refused")),
    ("withdrawn", pgettext_lazy("licence", "Withdrawn")),
    ("expired", pgettext_lazy("licence", "Expired")),
)

_ALL = (
    Section(
        LAWS,
        "laws",
        _("Laws and other instruments"),
        "law",
        (
            NAME,
            text("kind", required=True),
            SUMMARY,
            text("status"),
            *NAMES,
            Field("in_effect", "date"),
            ref("amends", LAWS),
            text("binding"),
        ),
    ),
    Section(
        "laws.provisions",
        "provisions",
        _("Provisions"),
        "law",
        (ref("instrument", LAWS, required=True), text("article", required=True), long("text")),
    ),
    Section(
        "offences.offences",
        "offences",
        _("Offences and penalties"),
        "law",
        (
            NAME,
            ref("law", LAWS, required=True),
            text("article"),
            text("chapter"),
            long("definition"),
            Field("introduced", "date"),
            NOTE,
        ),
    ),
    Section(
        "offences.aggravating_circumstances",
        "aggravating-circumstances",
        _("Aggravating circumstances"),
        "law",
        (long("circumstance", required=True), long("effect")),
    ),
    Section(
        "offences.art_185_conduct",
        "conduct-185",
        _("Conduct under article 185"),
        "law",
        (text("conduct", required=True), text("concerns")),
    ),
    Section(
        "offences.charging_notes", "charging-notes", _("Notes on charging"), "law", (long("statement", required=True),)
    ),
    Section(
        "laws.rules",
        "rules",
        _("Other rules"),
        "law",
        (
            long("rule", required=True),
            ref("instrument", LAWS),
            text("binding"),
            Field("hours", "number"),
            Field("days", "number"),
            Field("months", "number"),
        ),
    ),
    Section(
        "laws.jurisdiction_rules",
        "jurisdiction",
        _("Rules on jurisdiction"),
        "law",
        (text("kind", required=True), Field("articles", "list")),
    ),
    Section(
        "measures.special_measures",
        "special-measures",
        _("Special measures"),
        "law",
        (long("measure", required=True), ref("law", LAWS)),
    ),
    Section(
        "measures.legal_consequences_of_conviction",
        "legal-consequences",
        _("Legal consequences of conviction"),
        "law",
        (long("consequence", required=True), ref("law", LAWS)),
    ),
    Section(
        "measures.special_register",
        "special-register",
        _("Special register"),
        "law",
        (ref("law", LAWS), long("scope"), long("keeper"), long("access"), NOTE),
    ),
    Section(
        "measures.property_measures",
        "property-measures",
        _("Measures on property"),
        "law",
        (long("measure", required=True), ref("law", LAWS)),
    ),
    Section(
        "measures.recruitment_measures",
        "recruitment-measures",
        _("Measures on recruiters"),
        "law",
        (long("measure", required=True), text("issued_by")),
    ),
    Section(
        AUTHORITIES,
        "authorities",
        _("Competent authorities"),
        "bodies",
        (NAME, text("abbreviation"), long("function", required=True)),
    ),
    Section(
        "authorities.routing_rules",
        "routing-rules",
        _("Who is competent for what"),
        "bodies",
        (
            ref("police", AUTHORITIES),
            ref("prosecution", AUTHORITIES),
            ref("court", AUTHORITIES),
            ref("identification", AUTHORITIES),
            ref("law", LAWS),
        ),
    ),
    Section(
        BODIES,
        "organisations",
        _("Bodies and organisations"),
        "bodies",
        (
            NAME,
            text("kind"),
            long("role"),
            *NAMES,
            ref("parent", BODIES),
            text("status"),
            text("period"),
            text("country"),
            NOTE,
        ),
    ),
    Section(
        "organisations.named_databases_and_operations",
        "databases",
        _("Named databases and operations"),
        "bodies",
        (NAME, text("kind", required=True), text("access"), text("status"), NOTE),
    ),
    Section(
        "directory.contacts",
        "contacts",
        _("Contacts"),
        "directory",
        (
            ref("body", BODIES, required=True),
            choice(
                "kind",
                ("email", pgettext_lazy("contact", "E-mail")),
                ("phone", pgettext_lazy("contact", "Telephone")),
                ("address", pgettext_lazy("contact", "Address")),
                ("website", pgettext_lazy("contact", "Website")),
                ("person", pgettext_lazy("contact", "Contact person")),
            ),
            text("value"),
            text("purpose"),
            Field("hotline", "boolean"),
            ref("municipality", PLACES),
        ),
    ),
    Section(
        "directory.focal_points",
        "focal-points",
        _("Focal points and points of contact"),
        "directory",
        (
            NAME,
            BODY,
            long("purpose", required=True),
            text("since"),
            text("hours"),
            COUNT,
            PARTNERS,
            FIGURES_OF_IT,
            NOTE,
        ),
    ),
    Section(
        "directory.specialists",
        "specialists",
        _("Specialised inspectors and prosecutors"),
        "directory",
        (
            NAME,
            ref("body", BODIES, required=True),
            text("kind", required=True),
            ref("city", PLACES),
            FIGURES_OF_IT,
            NOTE,
        ),
    ),
    Section(
        "directory.teams",
        "teams",
        _("Teams and local networks"),
        "directory",
        (
            NAME,
            ref("municipality", PLACES),
            text("kind", required=True),
            choice(
                "formal",
                ("formal", pgettext_lazy("team", "Formal")),
                ("informal", pgettext_lazy("team", "Informal")),
                NOT_STATED,
            ),
            choice(
                "local_action_plan",
                ("yes", pgettext_lazy("answer", "Yes")),
                ("no", pgettext_lazy("answer", "No")),
                NOT_STATED,
            ),
            text("period"),
            BODY,
            COUNT,
            FIGURES_OF_IT,
            NOTE,
        ),
    ),
    Section(
        "directory.pathways",
        "pathways",
        _("Referral pathways"),
        "directory",
        (
            NAME,
            ref("municipality", PLACES),
            text("from"),
            choice(
                "for",
                ("adult", pgettext_lazy("person", "Adult")),
                ("child", pgettext_lazy("person", "Child")),
                ("anybody", pgettext_lazy("person", "Anybody")),
            ),
            ref("to", BODIES, required=True),
            text("when"),
            NOTE,
            Field("order", "number", required=True),
        ),
    ),
    Section(
        "directory.licences",
        "licences",
        _("Licences"),
        "directory",
        (
            text("holder", required=True),
            text("kind", required=True),
            choice("status", *LICENCE),
            BODY,
            FIGURES_OF_IT,
            NOTE,
        ),
    ),
    Section(
        "directory.trainings",
        "trainings",
        _("Trainings"),
        "directory",
        (
            NAME,
            BODY,
            Field("groups", "list", ref="code_lists.trained_groups"),
            text("year"),
            PARTNERS,
            FIGURES_OF_IT,
            NOTE,
        ),
    ),
    Section(
        "directory.meetings",
        "meetings",
        _("Meetings"),
        "monitoring",
        (BODY, Field("year", "year"), COUNT, long("subject", required=True), FIGURES_OF_IT, NOTE),
    ),
    Section(
        "directory.plans",
        "plans",
        _("Strategies and action plans"),
        "monitoring",
        (
            NAME,
            ref("instrument", LAWS, required=True),
            BODY,
            text("period"),
            text("funding_period"),
            text("funding"),
            FIGURES_OF_IT,
            NOTE,
        ),
    ),
    Section(
        "directory.activities",
        "activities",
        _("Activities of the action plans"),
        "monitoring",
        (
            long("title", required=True),
            ref("plan", "directory.plans"),
            BODY,
            ref("instrument", LAWS),
            text("indicator"),
            text("target"),
            text("actual"),
            choice("status", *PROGRESS),
            long("evidence"),
            FIGURES_OF_IT,
            NOTE,
        ),
    ),
    Section(
        "directory.sop_steps",
        "sop-steps",
        _("Steps of the standard operating procedures"),
        "monitoring",
        (
            NAME,
            ref("instrument", LAWS, required=True),
            BODY,
            choice(
                "binding",
                ("binding", pgettext_lazy("procedure", "Binding")),
                ("recommended", pgettext_lazy("procedure", "Recommended")),
                NOT_STATED,
            ),
            Field("hours", "number"),
        ),
    ),
    Section(
        "directory.documents",
        "documents",
        _("Leaflets, guides and reports"),
        "monitoring",
        (
            NAME,
            text("kind", required=True),
            ref("adopted_by", BODIES),
            text("adoption"),
            ref("published_by", BODIES),
            text("year"),
            BODY,
            ref("instrument", LAWS),
            SUMMARY,
            NOTE,
        ),
    ),
    Section(
        "directory.awareness",
        "awareness",
        _("Lectures and campaigns"),
        "monitoring",
        (NAME, BODY, PARTNERS, text("year"), FIGURES_OF_IT, NOTE),
    ),
    Section(
        "code_lists.tip_recommendations",
        "recommendations",
        _("Recommendations of the United States report"),
        "monitoring",
        editable=False,
    ),
    Section(FIGURES, "figures", _("Published figures"), "published", editable=False),
    Section("published_figures.contradictions", "contradictions", _("Contradictions"), "published", editable=False),
    Section("published_figures.consistency_checks", "sums", _("Sums that hold"), "published", editable=False),
    Section(
        "published_figures.assessments",
        "assessments",
        _("Assessments"),
        "published",
        (
            text("publisher", required=True),
            Field("year", "year"),
            text("subject", required=True),
            long("assessment", required=True),
        ),
    ),
    Section(
        "ecpat_indicators.indicators",
        "ecpat",
        _("ECPAT indicators"),
        "published",
        (
            NAME,
            choice(
                "status",
                ("Not Yet Assessed", pgettext_lazy("indicator", "Not yet assessed")),
                ("text given", pgettext_lazy("indicator", "Text given")),
            ),
        ),
    ),
    Section(
        "ecpat_indicators.page_facts",
        "ecpat-page",
        _("What else the ECPAT page says"),
        "published",
        (text("fact", required=True), text("value"), NOTE),
    ),
    Section(
        "glossary.terms",
        "glossary",
        _("Glossary"),
        "words",
        (
            text("en", required=True),
            text("sr"),
            long("definition", required=True),
            Field("see", "list", ref="glossary.terms"),
            NOTE,
        ),
    ),
    Section("age_classes.age_classes", "age-classes", _("Age classes"), "words", editable=False),
    Section(
        "age_classes.terms_used_without_bounds",
        "age-words",
        _("Age words without bounds"),
        "words",
        (text("term", required=True), NOTE),
    ),
    Section(
        "offence_facts.facts",
        "offence-facts",
        _("Facts that the offence finder asks for"),
        "words",
        (
            long("fact", required=True),
            Field("offences", "list", ref="offences.offences"),
            Field("needs", "list", ref="offence_facts.facts"),
            Field("circumstances", "list", ref="offences.aggravating_circumstances"),
            ref("victim_class", "age_classes.age_classes"),
        ),
        editable=False,
    ),
    Section(
        "code_lists_ours.indicator_forms",
        "indicator-forms",
        _("Indicators that point to a form of exploitation"),
        "words",
        editable=False,
    ),
    Section(
        "code_lists_ours.exploitation_families",
        "exploitation-families",
        _("Families of exploitation"),
        "words",
        editable=False,
    ),
    Section("code_lists_ours.source_groups", "source-groups", _("Groups of referral sources"), "words", editable=False),
    Section(
        "htcds_fields_v2.fields",
        "htcds",
        _("Fields of the Human Trafficking Case Data Standard 2.0"),
        "words",
        editable=False,
    ),
)

SECTIONS: dict[str, Section] = {section.key: section for section in _ALL} | {
    f"code_lists.{name}": Section(
        f"code_lists.{name}", f"codes-{name.replace('_', '-')}", title, "codes", editable=False
    )
    for name, title in LISTS.items()
    if name != "tip_recommendations"
}
"""Every kind of entry: key -> section, in the order of the start page; the code lists follow."""

BY_SLUG = {section.slug: section for section in SECTIONS.values()}
"""The same by address."""


def section_of(key: str) -> Section:
    """The section of a key; one that a newer file has and this version has no name for is called as it is spelled."""
    return SECTIONS.get(key) or Section(key, key.replace(".", "-").replace("_", "-"), key, "codes", editable=False)

"""Accounts, roles and duty, for those who run the office."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from casework.access import account_services, services
from casework.access.account_models import Invitation
from casework.access.forms import ConfirmForm, CreateUserForm, RequestRoleForm, SetDutyForm, attempt, bind
from casework.access.grants import TAKES_TWO, Role
from casework.access.models import Duty, RoleRequest, RoleRequestStatus, User
from casework.access.reauthenticate import recently_signed_in
from casework.access.requests import SignedIn
from casework.workflow import Refused

View = Callable[..., HttpResponse]


def needs(permission: str) -> Callable[[View], View]:
    """A view for those whose role has this permission; others are told 403, as they are signed in."""
    return permission_required(permission, raise_exception=True)


@require_safe
@needs("access.manage_users")
def users(request: SignedIn) -> HttpResponse:
    """The accounts of one's own organisation."""
    accounts = User.objects.visible_to(request.user).select_related("team").prefetch_related("groups")
    rows = [
        (account, [str(Role(group.name).label) for group in account.groups.all()])
        for account in accounts.order_by("-is_active", "full_name")
    ]
    return render(request, "access/users.html", {"accounts": rows})


@needs("access.manage_users")
@recently_signed_in
def create_user(request: SignedIn) -> HttpResponse:
    """A new account in one's own organisation, without a role, and the code with which its owner opens it."""
    organisation = request.user.organisation
    form = bind(request, CreateUserForm, organisation=organisation)
    if form.is_bound and form.is_valid():
        made = attempt(
            form,
            lambda: account_services.create_invited_user(
                **form.cleaned_data, organisation=organisation, created_by=request.user
            ),
        )
        if made is not None:
            return _show_code(request, *made)
    return render(request, "access/create_user.html", {"form": form})


@require_safe
@needs("access.manage_users")
def user(request: SignedIn, pk: UUID) -> HttpResponse:
    """One account: its roles, what is waiting, and whether it may sign in."""
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    context = {
        "account": account,
        "roles": [(role, Role(role).label) for role in sorted(account.roles)],
        "sessions": account_services.live_sessions(account),
        "factors": account_services.factors_held(account),
        "invitation": Invitation.objects.visible_to(request.user).waiting().filter(user=account).first(),
        "waiting": account.role_requests.filter(status=RoleRequestStatus.WAITING).select_related("requested_by"),
    }
    return render(request, "access/user.html", context)


def _show_code(request: SignedIn, account: User, code: str) -> HttpResponse:
    """The one page that shows a code. It is not kept: whoever loses it asks for another."""
    hours = settings.INVITATION_HOURS
    return render(request, "access/invitation.html", {"account": account, "code": code, "hours": hours})


@needs("access.manage_users")
@recently_signed_in
def invite(request: SignedIn, pk: UUID) -> HttpResponse:
    """A new code for an account whose owner has no password yet, or has forgotten it."""
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    form = bind(request, ConfirmForm)
    if form.is_bound and form.is_valid():
        code = attempt(form, lambda: account_services.invite(user=account, invited_by=request.user))
        if code is not None:
            return _show_code(request, account, code)
    return render(request, "access/invite.html", {"form": form, "account": account})


@needs("access.manage_users")
@recently_signed_in
def reset_factors(request: SignedIn, pk: UUID) -> HttpResponse:
    """Take the second factors of somebody who has lost them."""
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    form = bind(request, ConfirmForm)
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: account_services.reset_factors(user=account, reset_by=request.user) or account)
        if done is not None:
            messages.success(request, _("The second factors are reset. The next sign-in asks to set up new ones."))
            return redirect("access:user", pk)
    return render(request, "access/reset_factors.html", {"form": form, "account": account})


@require_POST
@needs("access.manage_users")
@recently_signed_in
def end_user_sessions(request: SignedIn, pk: UUID) -> HttpResponse:
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    _done(
        request,
        lambda: account_services.end_all_sessions(user=account, ended_by=request.user),
        _("All sessions of the account have ended."),
    )
    return redirect("access:user", pk)


def _done(request: SignedIn, act: Callable[[], Any], sentence: str) -> None:
    try:
        act()
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, sentence)


@require_POST
@needs("access.manage_users")
@recently_signed_in
def disable_user(request: SignedIn, pk: UUID) -> HttpResponse:
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    _done(
        request,
        lambda: services.disable_user(user=account, disabled_by=request.user),
        _("The account is disabled and all its sessions are gone."),
    )
    return redirect("access:user", pk)


@require_POST
@needs("access.manage_users")
@recently_signed_in
def enable_user(request: SignedIn, pk: UUID) -> HttpResponse:
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    _done(
        request,
        lambda: services.enable_user(user=account, enabled_by=request.user),
        _("The account may sign in again."),
    )
    return redirect("access:user", pk)


@needs("access.request_role")
@recently_signed_in
def request_role(request: SignedIn, pk: UUID) -> HttpResponse:
    """Ask for a role for somebody else."""
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    form = bind(request, RequestRoleForm)
    if form.is_bound and form.is_valid():
        asked = attempt(
            form,
            lambda: services.request_role(user=account, role=form.cleaned_data["role"], requested_by=request.user),
        )
        if asked is not None:
            granted = asked.status == RoleRequestStatus.GRANTED
            messages.success(
                request,
                _("The role is given.") if granted else _("The role waits for a second person's approval."),
            )
            return redirect("access:user", pk)
    context = {"form": form, "account": account, "two_people": [Role(role).label for role in sorted(TAKES_TWO)]}
    return render(request, "access/request_role.html", context)


@require_POST
@needs("access.request_role")
@recently_signed_in
def withdraw_role(request: SignedIn, pk: UUID) -> HttpResponse:
    account = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    role = request.POST.get("role", "")
    if role not in account.roles:
        messages.error(request, _("This account does not have that role."))
    else:
        _done(
            request,
            lambda: services.withdraw_role(user=account, role=role, withdrawn_by=request.user),
            _("The role is taken away and all sessions of the account are gone."),
        )
    return redirect("access:user", pk)


@require_safe
@needs("access.approve_role")
def role_requests(request: SignedIn) -> HttpResponse:
    """Roles that wait for a second person, and what became of the last ones."""
    asked = RoleRequest.objects.visible_to(request.user).select_related("user", "requested_by", "decided_by")
    # Neither the one who asked nor the one it is for can be the second person.
    waiting = [
        (one, request.user.pk not in (one.user_id, one.requested_by_id))
        for one in asked.filter(status=RoleRequestStatus.WAITING)
    ]
    context = {"waiting": waiting, "decided": asked.exclude(status=RoleRequestStatus.WAITING)[:50]}
    return render(request, "access/role_requests.html", context)


@require_POST
@needs("access.approve_role")
@recently_signed_in
def approve_role(request: SignedIn, pk: UUID) -> HttpResponse:
    asked = get_object_or_404(RoleRequest.objects.visible_to(request.user), pk=pk)
    _done(
        request,
        lambda: services.approve_role(role_request=asked, approved_by=request.user),
        _("The role is given."),
    )
    return redirect("access:role-requests")


@require_POST
@needs("access.approve_role")
@recently_signed_in
def refuse_role(request: SignedIn, pk: UUID) -> HttpResponse:
    asked = get_object_or_404(RoleRequest.objects.visible_to(request.user), pk=pk)
    _done(
        request,
        lambda: services.refuse_role(role_request=asked, refused_by=request.user),
        _("The role is refused."),
    )
    return redirect("access:role-requests")


@require_safe
@needs("access.set_duty")
def duty(request: SignedIn) -> HttpResponse:
    """Who is on duty now and next."""
    now = timezone.now()
    rows = Duty.objects.visible_to(request.user).filter(ends_at__gt=now).select_related("user", "set_by")
    return render(request, "access/duty.html", {"duties": rows[:100], "now": now})


@needs("access.set_duty")
def set_duty(request: SignedIn) -> HttpResponse:
    """Put a colleague on duty."""
    form = bind(request, SetDutyForm, organisation=request.user.organisation)
    if form.is_bound and form.is_valid():
        made = attempt(form, lambda: services.set_duty(**form.cleaned_data, set_by=request.user))
        if made is not None:
            messages.success(request, _("The duty is set."))
            return redirect("access:duty")
    return render(request, "access/set_duty.html", {"form": form})

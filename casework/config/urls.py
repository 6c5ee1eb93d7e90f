"""Every address of the product."""

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.db.transaction import atomic
from django.urls import include, path
from django.views.i18n import set_language

from casework.config import alive, api, headers, health_page, reviews, views

urlpatterns = [
    path("healthz", alive.healthz, name="healthz"),
    path("readyz", alive.readyz, name="readyz"),
    path("csp-report", headers.csp_report, name="csp-report"),
    path("", views.home, name="home"),
    path("installation/", health_page.health, name="health"),
    path("notifications/", views.notifications, name="notifications"),
    path("leave/", views.leave_quickly, name="leave-quickly"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("account/login/", account.login, name="account_login"),
    path("account/logout/", views.sign_out, name="account_logout"),
    path("account/password/", atomic(account.password_change), name="account_change_password"),
    path("account/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/factors/", include("casework.access.factor_urls")),
    path("reference/", include("reference.urls")),
    path("api/", api.urls()),
    path("access/", include("casework.access.urls")),
    path("audit/reviews/<str:week>/", reviews.sign_review, name="sign-review"),
    path("audit/", include("casework.audit.urls")),
    path("people/", include("casework.people.urls")),
    path("cases/", include("casework.cases.urls")),
    path("shelter/", include("casework.shelter.urls")),
    path("justice/", include("casework.justice.urls")),
    path("statistics/", include("casework.statistics.urls")),
    path("curation/", include("casework.curation.urls")),
    path("exchange/", include("casework.exchange.urls")),
    path("referrals/", include("referrals.urls")),
]

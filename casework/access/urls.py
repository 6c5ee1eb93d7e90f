from django.urls import path

from casework.access import views

app_name = "access"
urlpatterns = [
    path("me/", views.my_account, name="my-account"),
    path("me/sessions/end/", views.end_other_sessions, name="end-other-sessions"),
    path("me/sessions/<uuid:handle>/end/", views.end_session, name="end-session"),
    path("first-password/", views.accept_invitation, name="accept-invitation"),
    path("users/", views.users, name="users"),
    path("users/new/", views.create_user, name="create-user"),
    path("users/<uuid:pk>/", views.user, name="user"),
    path("users/<uuid:pk>/disable/", views.disable_user, name="disable-user"),
    path("users/<uuid:pk>/enable/", views.enable_user, name="enable-user"),
    path("users/<uuid:pk>/invite/", views.invite, name="invite"),
    path("users/<uuid:pk>/reset-factors/", views.reset_factors, name="reset-factors"),
    path("users/<uuid:pk>/end-sessions/", views.end_user_sessions, name="end-user-sessions"),
    path("users/<uuid:pk>/request-role/", views.request_role, name="request-role"),
    path("users/<uuid:pk>/withdraw-role/", views.withdraw_role, name="withdraw-role"),
    path("role-requests/", views.role_requests, name="role-requests"),
    path("role-requests/<uuid:pk>/approve/", views.approve_role, name="approve-role"),
    path("role-requests/<uuid:pk>/refuse/", views.refuse_role, name="refuse-role"),
    path("keys/", views.keys, name="keys"),
    path("keys/new/", views.make_key, name="make-key"),
    path("keys/<uuid:pk>/revoke/", views.revoke_key, name="revoke-key"),
    path("duty/", views.duty, name="duty"),
    path("duty/new/", views.set_duty, name="set-duty"),
]

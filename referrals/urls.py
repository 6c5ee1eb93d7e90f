from django.urls import include, path

from referrals import views

app_name = "referrals"
urlpatterns = [
    path("", views.referrals, name="referrals"),
    path("today/", views.today, name="today"),
    path("log/", views.log_referral, name="log-referral"),
    path("submit/", views.submit_referral, name="submit-referral"),
    path("submissions/", views.submissions, name="submissions"),
    path("screening/", include("referrals.screening_urls")),
    path("cases/<str:number>/", views.case_referrals, name="case-referrals"),
    path("decisions/<uuid:decision_id>/mark-in-error/", views.mark_decision_in_error, name="mark-decision-in-error"),
    path("<str:number>/", views.referral, name="referral"),
    path("<str:number>/amend/", views.amend_referral, name="amend-referral"),
    path("<str:number>/initiate/", views.initiate_case, name="initiate-case"),
    path("<str:number>/decline/", views.decline_referral, name="decline-referral"),
    path("<str:number>/link/", views.link_referral, name="link-referral"),
    path("participants/<uuid:participant_id>/inform/", views.inform_participant, name="inform-participant"),
    path("participants/<uuid:participant_id>/withdraw/", views.withdraw_participant, name="withdraw-participant"),
    path("needs/<uuid:need_id>/meet/", views.meet_need, name="meet-need"),
    path("needs/<uuid:need_id>/withdraw/", views.withdraw_need, name="withdraw-need"),
    path("<str:number>/risk/", views.assess_risk, name="assess-risk"),
    path("<str:number>/signs/", views.signs, name="signs"),
    path("<str:number>/signs/amend/", views.amend_signs, name="amend-signs"),
    path("<str:number>/participants/", views.participants, name="participants"),
    path("<str:number>/informed/", views.record_informed, name="record-informed"),
    path("<str:number>/route/", views.decide_route, name="decide-route"),
    path("<str:number>/authority/", views.choose_authority, name="choose-authority"),
    path("<str:number>/decision/", views.record_decision, name="record-decision"),
    path("<str:number>/files/", views.attach_files, name="attach-files"),
    path("<str:number>/files/<uuid:attachment_id>/", views.download_attachment, name="download-attachment"),
    path(
        "<str:number>/files/<uuid:attachment_id>/mark-in-error/",
        views.mark_attachment_in_error,
        name="mark-attachment-in-error",
    ),
    path("<str:number>/mark-in-error/", views.mark_referral_in_error, name="mark-referral-in-error"),
]

"""What the sections of the data files are called, and which field of an entry is its name and which its summary."""

from django.utils.translation import gettext_lazy as _

SECTIONS = {
    "laws.instruments": _("Laws and other instruments"),
    "laws.provisions": _("Provisions"),
    "laws.jurisdiction_rules": _("Rules on jurisdiction"),
    "laws.rules": _("Other rules"),
    "offences.offences": _("Offences and penalties"),
    "offences.aggravating_circumstances": _("Aggravating circumstances"),
    "offences.art_185_conduct": _("Conduct under article 185"),
    "offences.charging_notes": _("Notes on charging"),
    "measures.special_measures": _("Special measures"),
    "measures.legal_consequences_of_conviction": _("Legal consequences of conviction"),
    "measures.special_register": _("Special register"),
    "measures.property_measures": _("Measures on property"),
    "measures.recruitment_measures": _("Measures on recruiters"),
    "authorities.authorities": _("Competent authorities"),
    "authorities.routing_rules": _("Who is competent for what"),
    "organisations.organisations": _("Bodies and organisations"),
    "organisations.named_databases_and_operations": _("Named databases and operations"),
    "age_classes.age_classes": _("Age classes"),
    "age_classes.terms_used_without_bounds": _("Age words without bounds"),
    "ecpat_indicators.indicators": _("ECPAT indicators"),
    "ecpat_indicators.page_facts": _("What else the ECPAT page says"),
    "published_figures.assessments": _("Assessments"),
    "published_figures.consistency_checks": _("Sums that hold"),
    "code_lists_ours.indicator_forms": _("Indicators that point to a form of exploitation"),
    "code_lists_ours.exploitation_families": _("Families of exploitation"),
    "code_lists_ours.source_groups": _("Groups of referral sources"),
    "htcds_fields_v2.fields": _("Fields of the Human Trafficking Case Data Standard 2.0"),
}
"""Every section that is kept as entries, in the order of the index page."""

LISTS = {
    "exploitation_forms": _("Forms of exploitation"),
    "related_violence": _("Related violence"),
    "sectors": _("Sectors"),
    "sex_age_categories": _("Sex and age"),
    "victim_statuses": _("Victim statuses"),
    "referral_sources": _("Sources of referrals"),
    "referral_channels": _("Channels of referrals"),
    "placement_types": _("Kinds of placement"),
    "assistance_services": _("Services"),
    "provider_kinds": _("Kinds of provider"),
    "service_obstacles": _("Obstacles to services"),
    "witness_statuses": _("Witness statuses"),
    "procedural_measures": _("Procedural measures"),
    "victim_participation": _("Participation in proceedings"),
    "proceedings_stages": _("Stages of proceedings"),
    "sentence_types": _("Kinds of sentence"),
    "victim_penalty_types": _("Penalties on victims"),
    "compensation_routes": _("Routes of compensation"),
    "residence_permit_types": _("Kinds of permit"),
    "clocks": _("Clocks"),
    "panel_roles": _("Roles in an identification panel"),
    "team_members": _("Members of teams"),
    "perpetrator_relations": _("Relations of perpetrators"),
    "vulnerable_groups": _("Vulnerable groups"),
    "vulnerability_factors": _("Factors of vulnerability"),
    "trafficking_indicators": _("Indicators"),
    "nationalities": _("Nationalities named by the documents"),
    "destinations": _("Destinations"),
    "places": _("Places"),
    "cooperation_channels": _("Channels of international cooperation"),
    "agency_actions": _("Actions against agencies"),
    "trained_groups": _("Groups trained"),
    "report_kinds": _("Kinds of report"),
    "us_tiers": _("Tiers of the United States report"),
    "indicator_statuses": _("Statuses of ECPAT indicators"),
    "tip_recommendations": _("Recommendations of the United States report"),
    "trafficking_flow_roles": _("Roles of a country"),
    "awareness_activities": _("Awareness activities"),
    "resources": _("Publications"),
    "programme_countries": _("Countries of the programme"),
    "cooperating_states": _("Cooperating states"),
    "recruiter_relations": _("Relation to the recruiter"),
    "decision_outcomes": _("Outcomes of a decision"),
}
"""What every code list is called on a page."""

NAME_FIELDS = (
    "name", "term", "measure", "consequence", "circumstance", "conduct", "rule", "statement", "fact", "subject",
    "scope", "keeper", "access", "label", "expression",
)  # fmt: skip
SUMMARY_FIELDS = (
    "summary", "role", "function", "assessment", "definition", "effect", "text", "description", "value", "note",
)  # fmt: skip
ELSEWHERE = ("id", "source", "also")
"""Fields that have a column of their own wherever an entry is shown."""

DOCUMENTS = {
    "000_36fc9e386371a30e.txt": _("ECPAT International and MODS, country monitoring page on Serbia"),
    "001_73707e510bb62cf5.txt": _("Ministry of Interior, letter of 25 October 2017"),
    "002_704a9544065f430c.txt": _("Wikipedia, Human trafficking in Serbia"),
    "003_f58e6e6abeb8aad2.txt": _("International Rescue Committee, Serbia country programme"),
    "004_8f75dfcab4ca9d96.txt": _("United States Department of State, 2025 report on Serbia"),
    "HTCDS 2.0": _("Human Trafficking Case Data Standard 2.0"),
}
"""The documents that the entries cite: file name -> title."""

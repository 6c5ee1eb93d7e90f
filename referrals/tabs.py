"""The tabs of a referral: what was told at 0, what became of it after."""

from casework.access.tabs import Tabs

REFERRAL_TABS = Tabs()

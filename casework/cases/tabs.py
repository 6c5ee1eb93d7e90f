"""The tabs of a case: summary 0, timeline 10, notes 20, what other apps keep 30 to 70, administration from 80."""

from casework.access.tabs import Tabs

CASE_TABS = Tabs()

"""What kind of device a session is on: enough to recognise one's own, and nothing that identifies it."""

# In the order in which they must be looked for: each browser names itself after those it descends from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Browser and system, such as `Firefox, Windows`; empty when neither is known. No versions, no models."""
    found = []
    for known in (_BROWSERS, _SYSTEMS):
        found += [name for mark, name in known if mark in user_agent][:1]
    return ", ".join(found)

"""Pages on the published world. No personal data: everybody who is signed in may read them."""

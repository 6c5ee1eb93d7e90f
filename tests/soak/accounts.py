"""Accounts of the soak test, made by a process that works on its state directory: `python -m tests.soak.accounts N`."""

import sys

import django

PASSWORD = "soak-soak-soak-soak"


def main(clients: int) -> None:
    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group

    from casework.access.models import Organisation, User

    home = Organisation.objects.create(name="Primer Proba", short_name="home", kind="ngo")
    hashed = make_password(PASSWORD)
    people = [("vesna", "supervisor", "vesna@post.example")]
    people += [(f"client{number}", "caseworker", "") for number in range(clients)]
    for username, role, address in people:
        user = User(username=username, full_name=username, email=address, organisation=home, password=hashed)
        user.save()
        user.groups.add(Group.objects.get(name=role))


if __name__ == "__main__":
    main(int(sys.argv[1]))

#!/bin/sh
# One command of manage.py in an installation under systemd, as the account of the services and with their secrets, and
# with the password of the role that owns the tables.   sudo sh casework/config/deploy/manage.sh setup
set -eu
[ "$(id -u)" -eq 0 ] || { echo "Only root may read the secrets: use sudo." >&2; exit 1; }
app=${CASEWORK_APP:-/opt/casework/app}
venv=${CASEWORK_VENV:-/opt/casework/venv}
conf=${CASEWORK_CONF:-/etc/casework}
held=$(mktemp -d /run/casework-manage.XXXXXX) # in memory, and gone afterwards
trap 'rm -rf "$held"' EXIT
trap 'exit 130' INT TERM HUP
for secret in db_app db_owner secret_key keys index_key audit_key email_password; do
  install -m 0400 -o "${CASEWORK_ACCOUNT:-casework}" "$conf/secrets/$secret" "$held/$secret"
done
chown "${CASEWORK_ACCOUNT:-casework}" "$held"
set -a
. "$conf/casework.env"
DJANGO_SETTINGS_MODULE=casework.config.settings
DATABASE_PASSWORD_FILE=$held/db_app
DATABASE_OWNER_PASSWORD_FILE=$held/db_owner
CASEWORK_SECRET_KEY_FILE=$held/secret_key
CASEWORK_KEYS_FILE=$held/keys
CASEWORK_INDEX_KEY_FILE=$held/index_key
CASEWORK_AUDIT_KEY_FILE=$held/audit_key
CASEWORK_EMAIL_PASSWORD_FILE=$held/email_password
set +a
cd "$app"
# the environment is handed on: nothing secret is in it
setpriv --reuid "${CASEWORK_ACCOUNT:-casework}" --regid "$(id -g "${CASEWORK_ACCOUNT:-casework}")" --init-groups \
  "$venv/bin/python" manage.py "$@"

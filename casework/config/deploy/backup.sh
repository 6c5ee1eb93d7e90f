#!/bin/sh
# One encrypted backup into a folder, of which the newest few are kept.   backup.sh FOLDER [daily]
# With `daily` it goes on for ever: a backup at the hour that CASEWORK_BACKUP_AT names, in UTC.
set -eu
folder=$1
keep=${CASEWORK_BACKUPS_KEPT:-14}
umask 077

once() {
  # a name that sorts by time; what a killed run left has another ending and is no backup
  python manage.py backup "$folder/casework-$(date -u +%Y%m%dT%H%M%SZ).backup" || return 1
  ls -1 "$folder" | grep -E '^casework-[0-9]{8}T[0-9]{6}Z\.backup$' | sort -r | tail -n "+$((keep + 1))" |
    while read -r old; do rm -f -- "$folder/$old"; done
  touch "${CASEWORK_PULSE_FILE:-/dev/null}"
}

if [ "${2:-}" != daily ]; then
  once
  exit
fi
at=${CASEWORK_BACKUP_AT:-02:30}
last=""
while :; do
  [ -z "${CASEWORK_PULSE_FILE:-}" ] || touch "$CASEWORK_PULSE_FILE"
  if [ "$(date -u +%H:%M)" = "$at" ] && [ "$(date -u +%F)" != "$last" ]; then
    last=$(date -u +%F)
    once || echo "The backup failed." >&2 # the health page says how old the last one is
  fi
  sleep 20
done

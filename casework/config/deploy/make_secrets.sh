#!/bin/sh
# Makes the secrets of an installation, each in a file, and changes none that is there.   make_secrets.sh FOLDER
# Only root enters the folder; the files in it are handed to each service that needs them.
set -eu
folder=$1
umask 077
mkdir -p "$folder"
chmod 700 "$folder"
random() { openssl rand -base64 "$1" | tr -d '\n'; }
make() { # NAME VALUE
  [ -e "$folder/$1" ] && return
  printf '%s' "$2" >"$folder/$1.new"
  chmod 444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
  echo "made $folder/$1"
}
make db_superuser "$(openssl rand -hex 32)"
make db_owner "$(openssl rand -hex 32)"
make db_app "$(openssl rand -hex 32)"
make secret_key "$(random 60)"
make keys "k1:$(random 32)"
make index_key "$(random 32)"
make audit_key "$(random 32)"
[ -e "$folder/email_password" ] || { make email_password "none"; echo "put the mail server's password into it, if it asks for one"; }
echo "Without keys, index_key and audit_key no backup can be read: give them to the people who keep them, now."

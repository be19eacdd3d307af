#!/bin/sh
# Installs what `tests/servers` runs from Debian: DokuWiki and MediaWiki with PHP's command line, Dovecot, Postfix, Alertmanager. Root only; safe to repeat.
# Nothing is started: the tests start their own, on loopback, in folders of their own.
set -eu

packages="php-cli php-xml php-mbstring php-intl php-sqlite3 dokuwiki mediawiki dovecot-imapd postfix prometheus-alertmanager"
missing=""
for package in $packages; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -n "$missing" ] || { echo "already there: $packages"; exit 0; }
[ "$(id -u)" = 0 ] || { echo "missing:$missing; install them as root: sudo $0" >&2; exit 1; }

# No server of the packages may start by itself: policy-rc.d says no while we install, where nobody has said so before.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # the packages are words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "installed:$missing"

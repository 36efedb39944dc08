#!/bin/sh
# mmdebstrap customize hook: $1 is the root of the run image, complete but for what Heroku's images add.
set -eu
chroot "$1" /bin/sh -eu <<'INSIDE'
sed -i 's/^# *\(en_US.UTF-8 UTF-8\)/\1/' /etc/locale.gen
locale-gen >/dev/null

groupadd --gid 1000 dyno
useradd --uid 1000 --gid dyno --no-create-home --home-dir /app --shell /bin/bash heroku
install -d -o heroku -g dyno -m 0755 /app
chmod 1777 /tmp /var/tmp

# A dyno's PATH: Debian's profile adds games.
cat >/etc/profile <<'PROFILE'
if [ "$(id -u)" -eq 0 ]; then
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
else
  PATH=/usr/local/bin:/usr/bin:/bin
fi
export PATH
for script in /etc/profile.d/*.sh; do
  [ ! -r "$script" ] || . "$script"
done
unset script
PROFILE

rm -f /etc/machine-id /var/lib/dbus/machine-id /etc/hostname /etc/resolv.conf
rm -rf /var/log/*.log /var/log/apt /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/ldconfig/*
rm -rf /usr/share/perl/5*/pod /usr/share/info /usr/share/lintian /usr/share/bug
INSIDE

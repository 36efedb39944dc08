#!/bin/sh
# Inside a container of the run image, as root, without a network: install the packages in $1.
set -eu
export DEBIAN_FRONTEND=noninteractive
# Services would be started; a container has none.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt-get install --yes --no-install-recommends -o APT::Sandbox::User=root \
  -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Use-Pty=0 "$1"/*.deb
rm -f /usr/sbin/policy-rc.d
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
rm -rf /var/cache/debconf/*-old /var/lib/dpkg/*-old /usr/share/info

#!/bin/sh
# mmdebstrap extract hook: $1 is a root with the essential packages' files, about to be installed by dpkg.
# Given as --dpkgopt the same lines would send every archive through a slow filter first.
set -eu
install -m 0644 "$(dirname "$0")/dpkg.cfg" "$1/etc/dpkg/dpkg.cfg.d/localku"
find "$1/usr/share/doc" -mindepth 2 ! -name copyright ! -type d -delete
rm -rf "$1"/usr/share/info/* "$1"/usr/share/lintian/* "$1"/usr/share/man/*
find "$1/usr/share/locale" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +

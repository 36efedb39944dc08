#!/bin/sh
# Inside a container of the run image, as root: turn it into the build image.
# /localku-stack holds this folder, debs/ for the packages to install and pythons.debs/X.Y/ for the prefixes.
set -eu
cd /localku-stack
pids=""
for debs in pythons.debs/*/; do
  [ -d "$debs" ] || continue
  version=$(basename "$debs")
  sh python/make-prefix.sh "$version" "$debs" >"/localku-stack/$version.log" 2>&1 &
  pids="$pids $!:$version"
done

sh add-packages.sh /localku-stack/debs

for job in $pids; do
  wait "${job%%:*}" || { cat "/localku-stack/${job##*:}.log" >&2; exit 1; }
done
for prefix in /opt/localku/python/*/; do
  echo "localku-python $(basename "$prefix")"
done
cd /
rm -rf /localku-stack

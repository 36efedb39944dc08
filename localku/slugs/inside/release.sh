# release.sh VOLUME APP
# Waits for the id of a build on its standard input, puts the build's files from VOLUME into APP, and says so. Then it
# waits until it is taken away: its container is committed meanwhile.
#
# With `on` behind the id APP has what the last image has: what is not in the build any more is removed, and what differs
# is written.
#
# It has a dyno's rights and no more: in VOLUME may be anything, for the app's code ran there.
# It needs no more than Debian's essential packages.
set -euo pipefail
export LC_ALL=C
volume=$1 app=$2
read -r id how || exit 0 # nobody wants it
build=$volume/build_$id lists=$volume/slug_$id
write=$lists/write
if [[ $how = on ]]; then write=$lists/changed; fi

# A folder that is there already may not let us write into it. It gets its mode with all the others.
cd "$app"
while IFS= read -r -d '' path; do
  if [[ -d $path && ! -L $path && ! (-w $path && -x $path) ]]; then chmod u+rwx -- "$path"; fi
done <"$write"

if [[ $how = on ]]; then
  while IFS= read -r -d '' path; do
    if [[ -d $path && ! -L $path ]]; then chmod u+rwx -- "$path"; fi
  done <"$lists/removed"
  xargs -0r rm -rf -- <"$lists/removed"
fi

tar -c -C "$build" --no-recursion --null --verbatim-files-from --no-unquote -T "$write" | tar -x -p -C "$app"
echo done
read -r || true

#!/bin/sh
# make-prefix.sh X.Y DEBS: one whole, relocatable CPython under /opt/localku/python from Debian's packages in DEBS.
# Runs where the interpreter can run (the run image has its libraries); needs dpkg-deb and root for nothing.
set -eu
version=$1
debs=$2
here=$(dirname "$0")
prefixes=${LOCALKU_PYTHON_PREFIXES:-/opt/localku/python}
mkdir -p "$prefixes"
scratch=$(mktemp -d "$prefixes/.make-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
for deb in "$debs"/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$scratch" --exclude=./usr/share/doc --exclude=./usr/share/man \
    --exclude='*.a' --exclude=./usr/src --exclude=python.o
done

prefix=$scratch/prefix
mkdir -p "$prefix/bin" "$prefix/include" "$prefix/lib/pkgconfig"
cd "$scratch/usr"
triplet=$(basename "$(dirname "$(ls lib/*/libpython"$version".so.1.0)")")
mv lib/"python$version" "$prefix/lib/"
mv include/"python$version" "$prefix/include/"
mv include/"$triplet/python$version/pyconfig.h" "$prefix/include/python$version/pyconfig.h"
mv lib/"$triplet"/libpython"$version".so* "$prefix/lib/"
ln -sf "libpython$version.so.1.0" "$prefix/lib/libpython$version.so"
mv lib/"$triplet"/pkgconfig/*.pc "$prefix/lib/pkgconfig/"
mv bin/"python$version" bin/"pydoc$version" "$prefix/bin/"
mv bin/"$triplet-python$version-config" "$prefix/bin/python$version-config"
mkdir -p "$prefix/lib/python$version/site-packages" "$prefix/lib/python$version/ensurepip/_bundled"
mv share/python-wheels/pip-*.whl "$prefix/lib/python$version/ensurepip/_bundled/"
cd - >/dev/null

for name in python pydoc; do
  ln -s "$name$version" "$prefix/bin/${name}3"
done
ln -s python3 "$prefix/bin/python"
ln -s pydoc3 "$prefix/bin/pydoc"
ln -s "python$version-config" "$prefix/bin/python3-config"

python="$prefix/bin/python$version"
"$python" -I -S -B "$here/undebianise.py" "$prefix"
"$python" -I -S -B -m compileall -q -f -j 2 --invalidation-mode unchecked-hash \
  -s "$prefix" -p /app/.heroku/python "$prefix/lib/python$version"
full=$("$python" -I -S -B -c 'import platform; print(platform.python_version())')
rm -rf "${prefixes:?}/$full"
mv "$prefix" "$prefixes/$full"

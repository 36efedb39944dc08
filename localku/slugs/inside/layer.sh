# layer.sh BUILD APP ENOUGH LIMITS SPENT
# Brings APP in line with folders of BUILD, as often as its standard input asks for it, and ends with that. Its container
# is committed whenever it has answered.
#
# A request is WHAT, BESIDE, LISTS, the number of folders and each NAME, all ended by NUL. WHAT is `all`: APP is to have
# nothing but these, and their compressed bytes are printed; or `part`: what else is in APP stays. The answer is what is
# said, then a line `=STATUS BYTES`, with the bytes that were to be written.
#
# Less than twice ENOUGH bytes are compressed as a whole. Of more, 512 or more pieces from all over it are, and the rest is
# taken to compress like them, which is right to a few percent; where that and BESIDE come near one of LIMITS
# (bytes, by commas), everything is compressed after all.
#
# APP is empty at first where SPENT is 0. Else it holds an earlier layer, in images of SPENT bytes: then only what differs
# is written and removed, unless that would make the images more than twice as large as what is in them. In that case
# nothing is done, and the status is 3. For a part of which APP has all, it is 4.
#
# LISTS (by colons) name files of BUILD that APP has, each with its inode and ctime (files_seen.py writes them). What
# still has these is not read again.
#
# It needs no more than Debian's essential packages.
set -euo pipefail
export LC_ALL=C TMPDIR=/var/tmp # /tmp is the app's volume, which this must not change
build=$1 app=$2 enough=$3 limits=$4 spent=$5
cd "$build"
is_empty=$((spent == 0)) grown=0

bytes() {
  du --summarize --total --bytes "$@" | tail -n 1 | cut -f 1
}

copy() {
  local name
  for name in "${names[@]}"; do
    mkdir -p "$app/$(dirname "$name")"
    cp -a "$name" "$app/$name"
  done
}

# Every path and what has to be equal, NUL-ended, in order. No path has "//" in it. Images keep times in seconds.
rows() {
  find "$@" -type d -printf '%p//d %m\0' -o -type l -printf '%p//l %l\0' -o -printf '%p//f %m %s %T@\0' |
    sed -z 's|\(//f [0-7]* [0-9]* [0-9]*\)\.[0-9]*$|\1|' | sort -z
}

# The folders above NAME: those of BUILD must be folders in APP, too.
parents() {
  local name
  for name in "${names[@]}"; do
    while name=$(dirname "$name") && [ "$name" != . ]; do
      if [ -d "$name" ] && [ ! -L "$name" ]; then printf '%s//d %s\0' "$name" "$(stat -c %a "$name")"; fi
    done
  done
}

there() {
  local name
  for name in "${names[@]}"; do
    if [ -e "$name" ] || [ -L "$name" ]; then printf '%s\0' "$name"; fi
  done
}

had() {
  cd "$app"
  if [ "$what" = all ]; then
    rows . -mindepth 1
  else
    mapfile -d '' -t found < <(there)
    { if ((${#found[@]})); then rows "${found[@]}"; fi && parents; } | sort -zu
  fi
}

paths() {
  sed -z 's|//.*||' "$@" | sort -z
}

# Files that are what they were when APP got them. A list says first which folders it is about, as `FOLDER//*`.
untouched() {
  perl -0 -e '
    my %rows;
    for my $list (split /:/, shift) {
      open(my $file, "<", $list) or next;
      chomp(my @rows = <$file>);
      my @about = map { m{^(.*/)/\*$}s } @rows;
      delete @rows{grep { my $row = $_; grep { 0 == index $row, $_ } @about } keys %rows} if @about and %rows;
      @rows{@rows} = ();
    }
    print "$_\0" for keys %rows' "$known" | sort -z |
    comm -z -12 - <(find "${names[@]}" -type f -printf '%p//%i %C@\0' | sort -z) | paths
}

# Equal times and sizes do not make equal files: npm gives all of its files one time.
sums() {
  (cd "$1" && xargs -0r md5sum --zero -- <"$lists/same" | sort -z)
}

compare() {
  (had) >"$lists/old" &
  local old=$!
  { rows "${names[@]}" && parents; } | sort -zu >"$lists/new"
  wait "$old"
  comm -z -12 "$lists/old" "$lists/new" | { grep -z '//f ' || true; } | paths |
    comm -z -23 - <(untouched) >"$lists/same"
  sums "$app" >"$lists/old-sums" &
  sums "$build" >"$lists/new-sums"
  wait $!
  comm -z -13 "$lists/old-sums" "$lists/new-sums" | sed -z 's|^[0-9a-f]*  ||' >"$lists/other"
  { comm -z -13 "$lists/old" "$lists/new" | paths && cat "$lists/other"; } | sort -zu >"$lists/write"
  {
    comm -z -23 "$lists/old" "$lists/new" | { grep -zv '//d ' || true; } | paths
    comm -z -23 <(grep -z '//d ' "$lists/old" | paths) <(grep -z '//d ' "$lists/new" | paths)
    cat "$lists/other"
  } >"$lists/remove"
  folders
}

# A folder in which something changes has to get its own time again.
folders() {
  sed -z 's|/[^/]*$||' "$lists/write" "$lists/remove" | sort -zu |
    comm -z -12 - <(grep -z '//d ' "$lists/new" | paths) | sort -zu - "$lists/write" >"$lists/with-folders"
  mv "$lists/with-folders" "$lists/write"
}

# How many bytes APP is to have.
wanted() {
  local whole
  whole=$(bytes -- "${names[@]}")
  if [ "$what" = part ]; then
    cd "$app"
    mapfile -d '' -t found < <(there)
    whole=$((whole + $(bytes .)))
    if ((${#found[@]})); then whole=$((whole - $(bytes -- "${found[@]}"))); fi
  fi
  echo "$whole"
}

update() {
  (cd "$app" && xargs -0r rm -rf -- <"$lists/remove")
  tar -c --format=posix --no-recursion --null --verbatim-files-from -T "$lists/write" | tar -xp -C "$app"
}

# Of what tar would write, every so manieth piece is made and compressed; nothing else is read.
estimate() {
  find "${names[@]}" \( -type f -printf '%s' -o -printf 0 \) -printf ' %n %D:%i %m %U %G %T@ %y %p\0' | sort -zk9 | perl -0 -e '
    my ($have, $enough) = @ARGV;
    my ($step, $piece) = (int($have / $enough) || 1, $enough >> 9);
    my ($all, $taken, %seen) = (0, 0);
    my %types = (f => 0, l => 2, d => 5);
    open(my $gzip, "|-", "gzip -1 | wc -c") or die $!;
    binmode $gzip;
    while (<STDIN>) {
      chomp;
      my ($size, $names, $inode, $mode, $uid, $gid, $time, $type, $path) = split / /, $_, 9;
      $size = 0 if $names > 1 && $seen{$inode}++;
      my $begin = $all;
      my $end = $all += 512 * (1 + int(($size + 511) / 512));
      for (my $number = int($begin / $piece); $number * $piece < $end; $number++) {
        next if $number % $step;
        my $from = $number * $piece > $begin ? $number * $piece - $begin : 0;
        my $length = ($number + 1) * $piece < $end ? ($number + 1) * $piece - $begin - $from : $end - $begin - $from;
        $taken += $length;
        my $bytes = "";
        if ($from < 512) {
          $bytes = substr pack("a100 a8 a8 a8 a12 a12 a8 a a100 a255", $path, map({ sprintf "%07d", $_ } $mode, $uid, $gid),
            map({ sprintf "%011o", $_ } $size, $time), "", $types{$type} // 0, "", ""), $from, $length;
        }
        if ($size && length $bytes < $length) {
          open(my $file, "<:raw", $path) or die "$path: $!";
          seek $file, $from + length($bytes) - 512, 0;
          read $file, $bytes, $length - length $bytes, length $bytes;
        }
        print $gzip $bytes, "\0" x ($length - length $bytes) or die $!;
      }
    }
    close $gzip or die "gzip: $?";
    print "$all $taken\n"' "$have" "$enough"
}

# Compressed bytes of all, or nothing where an estimate will not do.
guess() {
  local figures
  have=$(bytes -- "${names[@]}")
  if ((have >= 2 * enough)); then
    figures=($(estimate)) # compressed bytes, bytes in all, bytes of them that were compressed
    echo $((figures[0] * figures[1] / figures[2]))
  fi
}

exact() {
  tar -c -- "${names[@]}" | gzip -1 | wc -c
}

near() {
  local limit
  for limit in ${limits//,/ }; do
    if (($1 + beside > limit - limit / 10 && $1 + beside < limit + limit / 10)); then
      return 0
    fi
  done
  return 1
}

bring() {
  local copying guessing size
  if [ "$what" = all ]; then
    guess >"$lists/guess" & # it takes one core, and comparing does not always take both
    guessing=$!
  fi
  if ((is_empty)); then
    bytes -- "${names[@]}" >"$lists/written"
    copy &
  else
    compare
    if [ "$what" = part ] && [ ! -s "$lists/write" ] && [ ! -s "$lists/remove" ]; then
      exit 4
    fi
    while IFS= read -r -d '' path; do [ -d "$path" ] || printf '%s\0' "$path"; done <"$lists/write" >"$lists/files"
    bytes --files0-from="$lists/files" >"$lists/written"
    if ((spent > 0 && spent + grown + $(<"$lists/written") > 2 * $(wanted))); then
      exit 3
    fi
    update &
  fi
  copying=$!
  if [ "$what" = part ]; then
    wait "$copying"
    exit
  fi
  wait "$guessing"
  size=$(<"$lists/guess")
  if [ -z "$size" ] || near "$size"; then
    size=$(exact)
  fi
  wait "$copying"
  echo "$size"
}

field() {
  IFS= read -r -d '' "$1"
}

while field what && field beside && field known && field count; do
  names=()
  for ((; count > 0; count--)); do
    field name
    names+=("./$name")
  done
  lists=$(mktemp -d)
  echo 0 >"$lists/written"
  set +e
  (
    set -e
    bring
  ) 2>&1 </dev/null
  status=$?
  set -e
  written=$(<"$lists/written")
  if ((status == 0)); then is_empty=0 grown=$((grown + written)); fi
  printf '\n=%s %s\n' "$status" "$written"
  rm -rf "$lists"
done

#!/bin/sh
# Runs the second stage of the Dockerfile without a registry of images, and tries its result:
#
#   config/container/try.sh BINARY ROOT
#
# ROOT is a minimal Debian root, which is made if it is not there (`debootstrap`); its files stay. The steps are read
# from the Dockerfile next to this script, so that they cannot differ. Then the program runs as the image does: as its
# user, with a root file system that is read-only, and /work alone writable. Needs root and Linux.
set -eu
binary=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
[ -e "$2" ] || debootstrap --variant=minbase --include=ca-certificates bookworm "$2" http://deb.debian.org/debian
root=$(realpath "$2")

rm -rf "$root/work"

# The stage after the last FROM, continued lines joined.
stage=$(sed -e ':again' -e '/\\$/{N;s/\\\n *//;bagain' -e '}' "$here/Dockerfile" | awk '/^FROM / { text = "" } { text = text $0 "\n" } END { printf "%s", text }')
variables='' user='' entry='' command=''
list() { printf '%s' "$1" | tr -d '[]",'; }
while IFS= read -r line; do
    words=${line#* }
    case $line in
    FROM\ debian:bookworm-slim | WORKDIR\ /work | VOLUME\ /work | '' | '#'*) ;;
    COPY\ --from=build\ /etc/ssl/certs/*) ;; # of this root, as of the one that builds
    COPY\ --from=build\ /source/target/dist/vpce-scout\ *) install -D "$binary" "$root${words##* }" ;;
    COPY\ --chmod=0755\ config/container/entrypoint.sh\ *)
        install -D --mode=0755 "$here/entrypoint.sh" "$root${words##* }" ;;
    RUN\ *) chroot "$root" /bin/sh -c "$words" ;;
    ENV\ *) variables=$words ;;
    USER\ *) user=$words ;;
    ENTRYPOINT\ *) entry=$(list "$words") ;;
    CMD\ *) command=$(list "$words") ;;
    *) echo "not known: $line" >&2 && exit 1 ;;
    esac
done <<STAGE
$stage
STAGE

# What the image does with these arguments.
run() {
    unshare --mount sh -euc '
        root=$1 user=$2 variables=$3
        shift 3
        mount --bind "$root" "$root"
        mount -t tmpfs -o "uid=${user%%:*},gid=${user##*:}" tmpfs "$root/work"
        mount -o remount,bind,ro "$root"
        # shellcheck disable=SC2086 # one variable a word
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin $variables chroot --userspec="$user" "$root" \
            sh -c "cd /work && exec \"\$@\"" sh "$@"
    ' sh "$root" "$user" "$variables" "$entry" "$@"
}

run "$command" > /dev/null
run --version
[ "$(run classify < /dev/null | wc -l)" -le 1 ]
run scan --print-config | grep --quiet '^dir = "/work/reports"'
# Nothing beside /work can be written, and what fails has its exit code.
code=0
run scan --accounts self --no-usage --out /elsewhere > /dev/null 2> "$root.log" || code=$?
[ "$code" = 1 ] && grep --quiet -- --out "$root.log"
# Its own certificates are found: a server with an untrusted certificate has another message than a missing one.
code=0
run doctor > "$root.log" || code=$?
[ "$code" = 1 ] && grep --quiet 'certificates of .*ca-certificates.crt\|certificates of the system' "$root.log"
rm -f "$root.log"
echo "the container's steps were run and its program works"

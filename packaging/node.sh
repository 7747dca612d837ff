#!/bin/sh
# Runs a program on the Node that the lockfile pins, whatever Node the host has: finds it, builds raw-socket's addon once, then execs.
# Plain sh, because on a bare host the pinned Node itself may not run yet (it links to libatomic.so.1).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) echo "sonde: no Node for $(uname -m): x86_64 and aarch64 are supported" >&2; exit 69 ;;
esac
home=$here/node_modules/node-linux-$arch
node=$home/bin/node
addon=$here/node_modules/raw-socket/build/Release/raw.node
batches=$here/packaging/packet-batches.h
cmp -s "$batches" "${addon%/*}/packet-batches.h" || rm -f "$addon" # compiled with another one
[ -f "$node" ] || { echo "sonde: $node is missing: run \"npm ci\" in $here first" >&2; exit 69; }
[ -x "$node" ] || chmod +x "$node"

missing=''
"$node" --version >/dev/null 2>&1 || missing="$missing libatomic1"
[ -f "$addon" ] || command -v g++ >/dev/null 2>&1 || missing="$missing g++"
if [ -n "$missing" ]; then
  line="apt-get update && apt-get install -y --no-install-recommends$missing"
  if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
    echo "sonde: this host lacks$missing; running once: $line" >&2
    export DEBIAN_FRONTEND=noninteractive
    sh -c "$line" >/dev/null 2>&1 || { echo "sonde: that failed; run it by hand to see why: $line" >&2; exit 69; }
  else
    echo "sonde: this host lacks$missing. Mend it as root with: $line" >&2
    exit 69
  fi
fi

if [ ! -f "$addon" ]; then
  mkdir -p "${addon%/*}"
  g++ -shared -fPIC -O2 -std=gnu++20 -w -fno-rtti -DBUILDING_NODE_EXTENSION -DNODE_GYP_MODULE_NAME=raw \
    -I"$home/include/node" -I"$here/node_modules/nan" -include "$batches" "$here/node_modules/raw-socket/src/raw.cc" -o "$addon.$$.tmp"
  cp "$batches" "${addon%/*}/"
  mv "$addon.$$.tmp" "$addon"
fi

# Stripped types and compiled code are kept: what starts again does without the compiler, and without its memory.
PATH=$home/bin:$PATH
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$here/node_modules/.cache/sonde}
export PATH NODE_COMPILE_CACHE
exec "$node" "$@"

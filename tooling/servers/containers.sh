#!/usr/bin/env bash
# `pnpm test:containers [vitest's arguments]`: the tests that need servers, with every server in a container; with
# `--project` only those of that project.
# With a Docker engine at hand it is used as it is. Without one, root on Debian gets a podman in a private network, mount
# and process namespace, with an image made from Debian's packages; nothing of it is left behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export MUSTER_SERVERS=container MUSTER_REQUIRE=all
projects=(--project=@muster/servers --project=@muster/backend-{redis,nats,postgres,rabbitmq,kafka})
if [[ " $* " == *" --project"* ]]; then projects=(); fi
tests=(node_modules/.bin/vitest run "${projects[@]}" "$@")
packages=(podman crun netavark aardvark-dns iptables iproute2 mmdebstrap)

has_engine() {
  local socket
  [[ -n ${DOCKER_HOST:-} ]] && return
  for socket in /var/run/docker.sock "${XDG_RUNTIME_DIR:-}/docker.sock" "$HOME/.docker/run/docker.sock"; do
    [[ -S $socket ]] && return
  done
  return 1
}

install_packages() {
  dpkg-query -W "${packages[@]}" >/dev/null 2>&1 && return
  echo "installing podman, and mmdebstrap for the image: ${packages[*]}"
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null 2>&1 && return
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

configure() {
  mkdir "$world/graph" "$world/run" "$world/net"
  cat >"$world/containers.conf" <<END
[containers]
cgroups = "disabled"
cgroupns = "host"
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=32768:32768"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "crun"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "$world/net"
END
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$world" "$world" >"$world/storage.conf"
}

in_the_world() {
  export DOCKER_HOST=unix://$world/podman.sock TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
  local image=localhost/muster-servers:debian
  export MUSTER_REDIS_IMAGE=$image MUSTER_NATS_IMAGE=$image MUSTER_POSTGRES_IMAGE=$image MUSTER_RABBITMQ_IMAGE=$image
  export MUSTER_KAFKA_IMAGE=$image
  ip link set lo up
  # podman takes a hybrid hierarchy for a usable cgroup v2.
  if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
  podman import -q "$world/servers.tar" "$image" >/dev/null
  podman system service --time=0 "$DOCKER_HOST" &
  until [[ -S $world/podman.sock ]]; do sleep 0.05; done
  "$@"
}

if has_engine; then exec "${tests[@]}"; fi
if [[ $(id -u) != 0 || ! -f /etc/debian_version ]]; then
  echo "No container engine: start Docker or set DOCKER_HOST, or run this as root on Debian." >&2
  exit 1
fi
install_packages
world=$(mktemp -d)
trap 'rm -rf "$world"' EXIT
export world CONTAINERS_CONF=$world/containers.conf CONTAINERS_STORAGE_CONF=$world/storage.conf
configure
sources=(/etc/apt/sources.list.d/debian.sources)
[[ -f ${sources[0]} ]] || sources=(/etc/apt/sources.list)
servers=redis-server,nats-server,postgresql,rabbitmq-server,default-jre-headless
# What starts PostgreSQL and RabbitMQ are shell scripts, and PostgreSQL runs as a user of its own.
shell=bash,dash,coreutils,util-linux,base-files,libc-bin,sed,grep,mawk,hostname
mmdebstrap --quiet --variant=extract --include="$servers,$shell" "" "$world/servers.tar" "${sources[@]}"
mkdir "$world/etc"
# Kafka is no package: its jars lie where its own image has its scripts, and nothing has made Java known to the PATH.
MUSTER_SERVERS=native node_modules/.bin/tsx tooling/servers/src/set-up.ts kafka
folder='import("./tooling/servers/src/kafka.ts").then(({ kafkaRecipe }) => console.log(kafkaRecipe.build.folder()))'
kafka=$(node_modules/.bin/tsx --eval "$folder")
mkdir -p "$world/opt/kafka/bin" "$world/usr/bin"
cp -r "$kafka/lib" "$world/opt/kafka/bin/lib"
cp "$kafka/kafka-run-class" "$world/opt/kafka/bin/kafka-run-class.sh"
ln -s ../lib/jvm/default-java/bin/java "$world/usr/bin/java"
printf '%s\n' root:x:0:0::/:/bin/sh postgres:x:100:100::/:/bin/sh >"$world/etc/passwd"
printf '%s\n' root:x:0: postgres:x:100: >"$world/etc/group"
# Files alone: the image has these folders.
(cd "$world" && find ./etc ./opt ./usr ! -type d -print0) |
  tar --owner=0 --group=0 -C "$world" --null --files-from=- -rf "$world/servers.tar"
export -f in_the_world
# Should this script be killed, the whole world goes with it.
setpriv --pdeathsig KILL unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
  bash -euc 'in_the_world "$@"' world "${tests[@]}"

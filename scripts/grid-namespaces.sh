#!/usr/bin/env bash
# Trains the example grid on 4 ranks in 2 network namespaces, as on 2 machines, and on 1: the losses must be the same.
# Wants root, iproute2 and Open MPI.
#   bash scripts/grid-namespaces.sh
set -euo pipefail
cd "$(dirname "$0")/../examples/grid"

one=tessera-one two=tessera-two
work=$(mktemp -d)
cleanup() {
  ip netns del $one 2>/dev/null || true
  ip netns del $two 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

ip netns add $one
ip netns add $two
ip link add to-two netns $one type veth peer name to-one netns $two
ip -n $one addr add 10.77.0.1/24 dev to-two
ip -n $two addr add 10.77.0.2/24 dev to-one
for ns in $one $two; do ip -n $ns link set lo up; done
ip -n $one link set to-two up
ip -n $two link set to-one up

# What mpirun takes for ssh: the first argument is the address of the other machine.
cat >"$work/enter" <<END
#!/bin/sh
shift
exec ip netns exec $two unshare --uts sh -c "hostname $two; \$*"
END
chmod +x "$work/enter"

npm run --silent build
args=(130 1)
alone=$(node .esm/train.mjs "${args[@]}")
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
together=$(ip netns exec $one unshare --uts sh -c "hostname $one; exec mpirun -n 4 -H 10.77.0.1:2,10.77.0.2:2 \
  --oversubscribe --mca plm_rsh_agent $work/enter --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 \
  --mca oob_tcp_if_include 10.77.0.0/24 $(command -v node) $PWD/.esm/train.mjs ${args[*]}")
echo "$alone"
echo "$together"
[ "${alone#*: }" = "${together#*: }" ] && [[ $together == 4\ ranks* ]] && echo 'the same on both'

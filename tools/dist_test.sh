#!/usr/bin/env bash
# Tests with several processes on this machine: tools/dist_test.sh CONFIG CHECKPOINT PROCESSES [flags]
# Without GPUs the processes share the cores. NNODES, NODE_RANK, MASTER_ADDR and PORT serve
# several machines; on one, a free port is found.
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: $0 CONFIG CHECKPOINT PROCESSES [flags of tools/test.py]" >&2
    exit 2
fi
CONFIG=$1
CHECKPOINT=$2
PROCESSES=$3
shift 3
ROOT="$(cd "$(dirname "$0")/.." && pwd)"
NNODES=${NNODES:-1}
if [ "$NNODES" = 1 ]; then
    RENDEZVOUS=(--standalone)
else
    RENDEZVOUS=(--nnodes "$NNODES" --node_rank "${NODE_RANK:?}"
                --master_addr "${MASTER_ADDR:?}" --master_port "${PORT:-29500}")
fi
CORES=$(getconf _NPROCESSORS_ONLN)
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$((CORES / PROCESSES > 0 ? CORES / PROCESSES : 1))}
PYTHONPATH="$ROOT${PYTHONPATH:+:$PYTHONPATH}" exec "${PYTHON:-python}" -m torch.distributed.run \
    "${RENDEZVOUS[@]}" --nproc_per_node "$PROCESSES" \
    "$ROOT/tools/test.py" "$CONFIG" "$CHECKPOINT" --launcher pytorch "$@"

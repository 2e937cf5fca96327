#!/usr/bin/env bash
# Trains with several processes on this machine: tools/dist_train.sh CONFIG PROCESSES [flags]
# Without GPUs the processes share the cores. NNODES, NODE_RANK, MASTER_ADDR and PORT serve
# several machines; on one, a free port is found.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG PROCESSES [flags of tools/train.py]" >&2
    exit 2
fi
CONFIG=$1
PROCESSES=$2
shift 2
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
    "$ROOT/tools/train.py" "$CONFIG" --launcher pytorch "$@"

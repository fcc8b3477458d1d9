#!/bin/sh
# AWS Batch numbers the jobs of an array from 0 (AWS_BATCH_JOB_ARRAY_INDEX); shards count from 1.
# SHARDS is the size of the array. WINDOW_END, an RFC 3339 time, gives all of them the same window of
# WINDOW_DAYS (7).
set -eu
if [ "${1:-}" = scan ] && [ -n "${AWS_BATCH_JOB_ARRAY_INDEX:-}" ]; then
    shift
    if [ -n "${WINDOW_END:-}" ]; then
        start=$(date -u -d "$WINDOW_END ${WINDOW_DAYS:-7} days ago" +%FT%TZ)
        end=$(date -u -d "$WINDOW_END" +%FT%TZ)
        set -- --start "$start" --end "$end" "$@"
    fi
    exec vpce-scout scan --shard "$((AWS_BATCH_JOB_ARRAY_INDEX + 1))/${SHARDS:?}" "$@"
fi
exec vpce-scout "$@"

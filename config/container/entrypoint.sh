#!/bin/sh
# The program, and two forms that a batch system starts:
#
#   scan ...    in an array of AWS Batch (AWS_BATCH_JOB_ARRAY_INDEX, counted from 0): the shard of that index of
#               SHARDS. It is resumed if an earlier attempt has stored something of it.
#   merge ...   makes one run of the shards below PARTS and writes its reports: PARTS, STATE and OUT are
#               s3://bucket/prefix/; the arguments are those of `report`.
#
# WINDOW_END, an RFC 3339 time, gives all shards the same window of WINDOW_DAYS (7).
set -eu
scout=${VPCE_SCOUT:-vpce-scout}

case ${1:-} in
scan)
    shift
    if [ -n "${WINDOW_END:-}" ]; then
        end=$(date -u -d "$WINDOW_END" +%FT%TZ)
        start=$(date -u -d "$end ${WINDOW_DAYS:-7} days ago" +%FT%TZ)
        set -- --start "$start" --end "$end" "$@"
    fi
    if [ -n "${AWS_BATCH_JOB_ARRAY_INDEX:-}" ]; then
        set -- --resume --shard "$((AWS_BATCH_JOB_ARRAY_INDEX + 1))/${SHARDS:?}" "$@"
    fi
    exec "$scout" scan "$@"
    ;;
merge)
    shift
    "$scout" merge --allow-missing --state "${STATE:?}" "${PARTS:?}" || status=$?
    # 3: merged, with gaps, which the reports list.
    case ${status:-0} in 0 | 3) ;; *) exit "$status" ;; esac
    exec "$scout" report --state "$STATE" --out "${OUT:?}" "$@"
    ;;
esac
exec "$scout" "$@"

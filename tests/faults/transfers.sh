#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The transfers of run.json are what the layer counts, byte by byte; data goes up once.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads

# compare WORDS...: one run; its own counters against the layer's.
compare() {
    local json=out/head_a_head_b/run.json way part
    faulty FMFAULT_MARK=fm_raster -- morph $a $b --minimal -o out --force "$@"
    wants "$*: exit" "$code" 0
    for way in to_device from_device; do
        for part in count bytes; do
            wants "$*: $way.$part of run.json" "$("$helper" get $json transfers.$way.$part)" \
                "$(fact transfers.$way.$part)"
        done
    done
    wants "$*: launches" "$("$helper" get $json counts.launches)" "$(fact launches)"
    wants "$*: builds" "$("$helper" get $json counts.builds)" "$(fact builds.source)"
    wants "$*: programs from the cache" "$("$helper" get $json counts.cache_hits)" "$(fact builds.binary)"
    wants "$*: uploads of the frame loop in run.json" \
        "$("$helper" get $json transfers.in_frame_loop.to_device_bytes)" 0
    wants "$*: uploads after the first raster launch" "$(fact transfers.after_mark.bytes)" 0
    wants "$*: bytes that went up twice" "$(fact transfers.repeated.bytes)" 0
    wants "$*: peak bytes of run.json" "$("$helper" get $json memory.peak_bytes)" \
        "$(fact memory.peak_bytes)"
    [ "$(fact memory.peak_bytes)" -le "$("$helper" get $json memory.planned_bytes)" ] ||
        complain "$*: $(fact memory.peak_bytes) bytes pass the plan"
    nothing_lives "$*"
}

compare --frames 41 --size 64
up=$(($(fact transfers.to_device.bytes) - 41 * 4)) # mesh, texels, scene; the rest is t, 4 bytes a frame
count=$(fact transfers.to_device.count)
# The frames themselves come back once: 41 x 64 x 64 x 3 bytes and less than 1 KiB beside them.
down=$(fact transfers.from_device.bytes)
frames=$((41 * 64 * 64 * 3))
[[ $down -ge $frames && $down -lt $((frames + 41 * 64 + 1024)) ]] ||
    complain "$down bytes come back for frames of $frames"

# More frames, larger ones, other batches: the same bytes go up, and 4 for each frame.
for options in "--frames 101 --size 64" "--frames 5 --size 200" "--frames 7 --size 64 --batch 1" \
    "--frames 7 --size 64 --batch 3" "--frames 7 --size 64 --level high" \
    "--frames 7 --size 64 --background transparent"; do
    # shellcheck disable=SC2086
    compare $options
    frames=$(cut -d " " -f 2 <<<"$options")
    wants "$options: bytes to the device" "$(fact transfers.to_device.bytes)" $((up + 4 * frames))
    wants "$options: transfers to the device" "$(fact transfers.to_device.count)" "$count"
done
finish

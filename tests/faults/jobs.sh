# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: MIT
# One small job for each command that the scripts disturb. Source it after lib.sh.

# ten points that move, in CSV: clip FRAMES
clip() {
    awk -v frames="$1" 'BEGIN {
        print "frame,kp,x,y,j00,j01,j10,j11"
        for (f = 0; f < frames; f++)
            for (k = 0; k < 10; k++)
                printf "%d,%d,%.6f,%.6f,%.6f,0.1,0.05,1.1\n", f, k, sin(k) + 0.01 * f, cos(3 * k),
                    1 + 0.001 * f
    }'
}

# 6 systems of 3 x 3, the third singular.
matrices() {
    local i one
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' \
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 3, 3), }"
    for i in 1 2 0 3 4 5; do
        one='\x00\x00\x80\x3f'
        [ "$i" = 0 ] && one='\x00\x00\x00\x00'
        # shellcheck disable=SC2059 # bytes
        printf "$one\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\x40"
    done
}

small=(--frames 3 --batch 2 --size 32)

# job_words JOB: the command line in words; it makes its files in ./made. Warnings are shown.
job_words() {
    local heads=("$a" "$b")
    case $1 in
    # cold: nothing cached, so that kernels are built from source and a binary is stored.
    minimal | cold) words=(morph "${heads[@]}" --minimal "${small[@]}" -o made/result) ;;
    default) words=(morph "${heads[@]}" "${small[@]}" -o made/result) ;;
    full) words=(morph "${heads[@]}" --full --mesh-textures all "${small[@]}" -o made/result) ;;
    batch)
        printf 'a,b\n%s,%s\n%s,%s\n' "$a" "$b" "$b" "$a" >pairs.csv
        words=(batch pairs.csv --minimal "${small[@]}" -o made/result)
        ;;
    ahead) # with what calls.sh sets for it, the second pair goes up beside the first
        printf 'a,b\n%s,%s\n%s,%s\n' "$a" "$b" "$b" "$a" >pairs.csv
        words=(batch pairs.csv --minimal --frames 10 --batch 2 --size 32 --level high --specialisation cpu -o made/result)
        ;;
    blend)
        printf '0\n0.3\n1\n' >w.csv
        words=(blend "${heads[@]}" --weights w.csv --size 32 -o made/result)
        ;;
    keypoints)
        clip 1 >source.csv
        clip 300 >driving.csv
        words=(keypoints --model fomm --source source.csv --driving driving.csv -o made/out.csv)
        ;;
    solve)
        matrices >m.npy
        words=(solve m.npy m.npy -o made/out.npy)
        ;;
    sample) words=(sample -o made/heads --vertices 500 --texture 64) ;;
    mem | devices | selftest) words=("$1") ;;
    *)
        echo "FAIL: $1: no such job"
        exit 1
        ;;
    esac
    words+=(--log-level warning)
}

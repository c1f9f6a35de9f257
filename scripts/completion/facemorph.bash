# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion of fmorph and fmbench. Commands and options are read from the program's own
# --help, so they are never out of date; the values of the options with fixed words are below.

# Long and short options of a help text on stdin.
_facemorph_options() {
    grep -E '^ +-' | grep -oE '(^ *|  |, |\| |- )(-[a-zA-Z](, ))?--[a-z][a-z0-9-]*' | grep -oE -e '--?[a-zA-Z][a-z0-9-]*'
}

# The commands of a program: `  name   text` of fmorph, `fmbench name [` of fmbench.
_facemorph_commands() { # program
    "$1" --help 2>/dev/null | sed -nE 's/^  ([a-z]+) +[a-z].*/\1/p
        s/^ +fmbench ([a-z]+) .*/\1/p'
}

# The words that the value of an option may be; nothing where it is a number, a file or free text.
_facemorph_values() { # program, command, option
    case $3 in
    --level) echo low medium high extreme ;;
    --filter) echo nearest-mip trilinear ;;
    --precision) echo fp32 fp16 ;;
    --device) echo auto cpu gpu ref ;;
    --model) echo fomm sadtalker liveportrait ;;
    --area) echo bbox hull ;;
    --side) echo left right ;;
    --region) echo all exp pose lip eyes ;;
    --codec) echo libx264 libsvtav1 libvpx-vp9 mpeg4 ;;
    --layout) echo row-major interleaved ;;
    --texture) [[ $1 == *fmbench ]] && echo on off ;;
    --adapt-scale | --relative-movement | --relative-jacobian) echo on off ;;
    --log-level) echo error warning info debug ;;
    --op) echo morph keypoints solve blend raster heatmap encode pipeline textures textures-f32 ;;
    *) # words in the help text itself, for example --fit on|off
        "$1" ${2:+"$2"} --help 2>/dev/null |
            sed -nE "s/.*$3 ([a-z0-9-]+(\|[a-z0-9-]+)+).*/\1/p" | head -n 1 | tr '|' ' '
        ;;
    esac
}

_facemorph() {
    local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} before command='' words=''
    before=${COMP_WORDS[COMP_CWORD - 1]}
    if [ "$current" = = ]; then # --name=
        current=''
    elif [ "$before" = = ]; then # --name=value
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    [ "$COMP_CWORD" -lt 2 ] || [[ ${COMP_WORDS[1]} == -* ]] || command=${COMP_WORDS[1]}
    COMPREPLY=()
    if [[ $before == --* ]]; then
        words=$(_facemorph_values "$program" "$command" "$before")
    fi
    if [ -z "$words" ]; then
        if [[ $current == -* ]]; then
            words=$("$program" ${command:+"$command"} --help 2>/dev/null | _facemorph_options)
        elif [ "$COMP_CWORD" -eq 1 ]; then
            words=$(_facemorph_commands "$program")
        else
            compopt -o default 2>/dev/null # file names
            return 0
        fi
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _facemorph fmorph fmbench

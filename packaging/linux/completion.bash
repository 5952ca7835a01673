# Completion of loadbench for bash. The tables below are made from the program's own definition.

_loadbench_add() {
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$@" -- "$word")
}

_loadbench_files() {
    compopt -o filenames 2>/dev/null
    _loadbench_add "$@"
}

# What may stand where the help says FILE, DIR, PROFILE or a few words.
_loadbench_value() {
    case $1 in
    PROFILE) _loadbench_add -W '@PROFILES@'; _loadbench_files -f -X '!*.toml'; _loadbench_files -d ;;
    FILE) _loadbench_files -f ;;
    DIR) _loadbench_files -d ;;
    *) _loadbench_add -W "$1" ;;
    esac
}

# What a command has: its own commands, its options, what it wants as an argument.
_loadbench_table() {
    commands='' options='' argument=''
    case $1 in
@COMMANDS@
    *) return 1 ;;
    esac
}

# What an option wants after it; fails for one that wants nothing.
_loadbench_wanted() {
    case $1 in
@VALUES@
    *) return 1 ;;
    esac
}

_loadbench() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} at=${1##*/}
    local each value commands options argument
    COMPREPLY=()
    for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if _loadbench_table "$at" && [[ " $commands " == *" $each "* ]]; then at+=" $each"; fi
    done
    if value=$(_loadbench_wanted "$at $before"); then
        _loadbench_value "$value"
        return
    fi
    _loadbench_table "$at" || return
    if [[ $word == -* ]]; then
        _loadbench_add -W "$options"
    else
        _loadbench_value "${commands:-$argument}"
    fi
}

complete -F _loadbench loadbench loadbench-gui

# bash completion of pw and its tools
#
# Options are taken from what a tool says to -h, so this file is as new as the tools.

_pw_options() { # PROGRAM
	"$1" -h </dev/null 2>/dev/null | sed -n 's/^ *\(-.*\)/\1/p' | sed 's/  .*//' |
		grep -oE '(^|[ ,])--?[a-zA-Z][a-z-]*' | tr -d ' ,'
}

_pw_names() {
	"$1" help </dev/null 2>/dev/null | sed -n 's/^  pw-\([a-z0-9]*\)  .*/\1/p'
}

_pw() {
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} program=$1 first=1
	COMPREPLY=()
	if [[ ${program##*/} == pw ]]; then
		if [[ $COMP_CWORD -eq 1 || ($COMP_CWORD -eq 2 && $previous == help) ]]; then
			mapfile -t COMPREPLY < <(compgen -W "help $(_pw_names "$program")" -- "$word")
			return
		fi
		program=pw-${COMP_WORDS[1]}
		first=2
	fi
	if [[ $word == -* && $COMP_CWORD -ge $first ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_pw_options "$program")" -- "$word")
	elif [[ $previous == -f ]]; then
		mapfile -t COMPREPLY < <(compgen -W "csv tsv jsonl lines file pws pretty" -- "$word")
	fi
}

complete -o default -F _pw pw
for _pw_program in $(compgen -c pw- | sort -u); do
	case $_pw_program in
	# PipeWire's
	pw-cat | pw-top | pw-dump | pw-record | pw-play | pw-mon | pw-link | pw-dot | pw-cli | pw-metadata | \
		pw-loopback | pw-profiler) ;;
	*) complete -o default -F _pw "$_pw_program" ;;
	esac
done
unset _pw_program

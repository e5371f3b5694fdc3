# Completion of ./microstep for bash and zsh, written by dev/completion.py (make generated): do not edit.
# For this shell: eval "$(./microstep completion bash)"; for each one: put that line into ~/.bashrc.

_microstep() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} step='' command='' word words='' i
  local home
  home=$(dirname "$(readlink -f "$(type -P -- "${COMP_WORDS[0]}" || echo "${COMP_WORDS[0]}")")")
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [ "${COMP_WORDS[i - 1]}" = --pipeline ]; then continue; fi
    case $word in
      -*) ;;
      *) if [ -z "$step" ]; then step=$word; elif [ -z "$command" ]; then command=$word; fi ;;
    esac
  done
  case $before in
    --pipeline)
      words=$(cd "$home/pipelines" 2> /dev/null && for i in *.toml; do [ -f "$i" ] && echo "${i%.toml}"; done)
      ;;
    --log-format) words='text json' ;;
    *)
      case $step/$command in
        /) words='generate preprocess train validate predict check plan completion --pipeline --help'
          for i in "$home"/services/*/Dockerfile; do
            i=${i%/Dockerfile} i=${i##*/}
            case $i in generate | preprocess | train | validate | predict | '*') ;; *) words="$words $i" ;; esac
          done ;;
        generate/infer) words='--first-day --force --group --help --key --name --output --page --query --target' ;;
        generate/split) words='--at-most --by --config --data-root --day --days --force --help --log-format --undated' ;;
        generate/labels) words='--config --data-root --day --force --help --log-format' ;;
        generate/status) words='--config --data-root --day --force --help --log-format' ;;
        generate/due) words='--config --data-root --day --force --help --log-format' ;;
        generate/plan) words='--after --config --data-root --day --days --force --help --log-format' ;;
        generate/*) words='--config --data-root --day --dry-run --force --help --log-format --version infer split labels status due plan --pipeline' ;;
        preprocess/check) words='--config --data-root --day --force --help --json --log-format --most' ;;
        preprocess/plan) words='--after --config --data-root --day --days --force --help --log-format' ;;
        preprocess/*) words='--config --data-root --day --dry-run --force --help --log-format --version check plan --pipeline' ;;
        train/plan) words='--after --config --data-root --day --days --force --help --log-format' ;;
        train/*) words='--config --data-root --day --dry-run --force --help --log-format --version plan --pipeline' ;;
        validate/history) words='--config --data-root --day --force --help --json --log-format' ;;
        validate/rollback) words='--by --config --data-root --day --force --help --log-format --to --why' ;;
        validate/adopt) words='--by --config --data-root --day --force --help --log-format --to --why' ;;
        validate/approve) words='--by --config --data-root --day --force --help --log-format --why' ;;
        validate/refuse) words='--by --config --data-root --day --force --help --log-format --why' ;;
        validate/monitor) words='--config --data-root --day --force --help --log-format' ;;
        validate/prune) words='--config --data-root --day --force --help --keep-days --log-format --remove' ;;
        validate/plan) words='--after --config --data-root --day --days --force --help --log-format' ;;
        validate/*) words='--config --data-root --day --dry-run --force --help --log-format --version history rollback adopt approve refuse monitor prune plan --pipeline' ;;
        predict/trace) words='--config --data-root --day --force --help --json --log-format' ;;
        predict/plan) words='--after --config --data-root --day --days --force --help --log-format' ;;
        predict/*) words='--config --data-root --day --dry-run --force --help --log-format --version trace plan --pipeline' ;;
        check/*) words='--day --most --json --pipeline' ;;
        plan/*) words='--day --pipeline' ;;
        completion/*) words='bash zsh' ;;
        ?*/*) [ ! -f "$home/services/$step/Dockerfile" ] || words='--config --data-root --day --dry-run --force --help --log-format --version --pipeline' ;;
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# where nothing fits, files
complete -o bashdefault -o default -F _microstep microstep

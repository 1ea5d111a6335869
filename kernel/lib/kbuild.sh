# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Configuration and make in one tree, with progress. Nothing here depends on where the source comes from or where the
# finished kernel goes.

# kmake ARG...: make in the selected tree. The object directory is directly below the source, so that kbuild uses relative
# paths and the trees share their ccache hits; timestamps are fixed for the same reason. Depend mode saves a fifth of the
# time of a cold build; it ignores system headers, which only host programs include, and what assembler includes (../cc).
kmake() {
	local tree=$WORK/$TREE_NAME
	env CCACHE_DIR="$CACHE/ccache" CCACHE_BASEDIR="$tree" CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=4G CCACHE_DEPEND=1 \
		KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' KBUILD_BUILD_USER=mhptop KBUILD_BUILD_HOST=mhptop \
		KBUILD_BUILD_VERSION=1 make -C "$tree" O="$OBJ" ARCH=x86_64 LOCALVERSION="$RELEASE" \
		CC="$WORK/cc" HOSTCC="env CCACHE_NODEPEND=1 ccache gcc" "$@"
}

# Copies the fragments, so that the key is computed from the files that are built.
read_fragments() {
	(cd "$HERE/config" && cp "${FRAGMENTS[@]}" "$SCRATCH/")
	FRAGMENTS=("${FRAGMENTS[@]/#/$SCRATCH/}")
}

# Everything that a configuration depends on. Generating one takes twelve seconds, so it is reused while this is unchanged.
config_inputs() {
	gcc --version
	ld --version
	pahole --version
	cat "${FRAGMENTS[@]}"
	(cd "$WORK/$TREE_NAME" && find . -path './obj*' -prune -o -type f \( -name 'Kconfig*' -o -path './scripts/*' \
		-o -path './kernel/configs/*' -o -path './arch/x86/configs/*' \) -print0 | sort -z | xargs -0 cat)
}

# tinyconfig and the fragments, nothing else: options that no fragment sets stay off (merge_config.sh -n).
configure() {
	local dir=$WORK/$TREE_NAME/$OBJ log=$SCRATCH/config.log inputs
	mkdir -p "$dir"
	inputs=$(config_inputs | sha256sum)
	[[ ! -s $dir/.config || ! -s $dir/.inputs || $(<"$dir/.inputs") != "$inputs" ]] || return 0
	{
		kmake KCONFIG_CONFIG="$SCRATCH/tiny" tinyconfig &&
			(cd "$WORK/$TREE_NAME" && ARCH=x86_64 KCONFIG_CONFIG="$SCRATCH/config" \
				scripts/kconfig/merge_config.sh -Q -n -O "$OBJ" "$SCRATCH/tiny" "${FRAGMENTS[@]}") &&
			kmake KCONFIG_CONFIG="$SCRATCH/config" olddefconfig
	} >"$log" 2>&1 || {
		tail -n 15 "$log" >&2
		die "configuration of $NAME" "make failed as shown above" "fix kernel/config or the patch that breaks it"
	}
	verify_config "$SCRATCH/config"
	cmp -s "$SCRATCH/config" "$dir/.config" || cp "$SCRATCH/config" "$dir/.config"
	echo "$inputs" >"$dir/.inputs"
}

# Every option in a fragment must have the requested value; a later fragment overrides an earlier one.
verify_config() {
	local wrong
	wrong=$(awk '
		function name(line) { sub(/^# /, "", line); sub(/[= ].*/, "", line); return line }
		!/^(# )?CONFIG_/ { next }
		FILENAME == final { have[name($0)] = $0; next }
		{ want[name($0)] = $0 }
		END {
			for (o in want) {
				got = (o in have) ? have[o] : "# " o " is not set"
				if (got == want[o]) continue
				printf "%s (requested: %s, got: %s)\n", o, want[o], (o in have) ? got : "no such option, or a dependency is off"
			}
		}' final="$1" "${FRAGMENTS[@]}" "$1" | sort)
	[[ -z $wrong ]] || die "configuration of $NAME" "$(join_lines "$wrong")" \
		"enable the dependencies in kernel/config, or drop the option"
}

join_lines() {
	sed ':a; N; $!ba; s/\n/, /g' <<<"$1"
}

# Whether most files will be compiled (cold): nothing has been built yet, or the configuration or a common header is
# newer. Only used to estimate progress.
build_kind() {
	local tree=$WORK/$TREE_NAME built=$WORK/$TREE_NAME/$OBJ/vmlinux
	if [[ ! -e $built || $tree/$OBJ/.config -nt $built ]] ||
		[[ $(find "$tree"/include/{linux,uapi,asm-generic} "$tree/arch/x86/include" -newer "$built" -name '*.h') ]]; then
		echo cold
	else
		echo warm
	fi
}

compile() {
	local kind steps
	kind=$(build_kind)
	LOG=$KCACHE/log/$NAME.log
	steps=$KCACHE/log/$NAME.$kind.steps
	if ! kmake -j"$JOBS" all 2>&1 | progress "$steps" "$kind"; then
		make_failed
	fi
	mv "$SCRATCH/steps" "$steps"
}

# Copies make's output to the log and counts its steps against those of the last build of this kind.
progress() {
	local steps=$1 total=2010 n=0 percent last=-1 line tty=
	[[ $2 == cold ]] || total=60
	[[ ! -s $steps ]] || total=$(<"$steps")
	[[ ! -t 2 ]] || tty=1
	exec 8>"$LOG"
	while IFS= read -r line; do
		printf '%s\n' "$line" >&8
		[[ $line =~ ^\ \ [A-Z0-9_]+\ +([^ ]+) ]] || continue
		n=$((n + 1))
		percent=$((n * 100 / total))
		((percent < 100)) || percent=99
		if [[ $tty ]]; then
			printf '\rkernel %s: %3d%%  %-50.50s' "$NAME" "$percent" "${BASH_REMATCH[1]}" >&2
		elif ((percent / 10 != last / 10 || last < 0)); then
			printf 'kernel %s: %d%%\n' "$NAME" "$percent" >&2
		fi
		last=$percent
	done
	[[ -z $tty ]] || printf '\r\e[K' >&2
	# A cold build that resumed an interrupted one does not predict the next.
	[[ $2 == warm ]] || ((n * 2 > total)) || n=$total
	echo "$n" >"$SCRATCH/steps"
}

# Shows the first error with its context, and the end of the log.
make_failed() {
	local pattern='(^|[ :])(fatal )?error:|undefined reference|multiple definition|\*\*\* |FAILED|No space left' first
	first=$(grep -nE -m1 "$pattern" "$LOG" | cut -d: -f1 || true)
	if [[ $first ]]; then
		sed -n "$((first > 3 ? first - 3 : 1)),$((first + 6))p" "$LOG" >&2
		echo "    [...]" >&2
	fi
	tail -n 5 "$LOG" >&2
	die "make of $NAME" "$(sed -n "${first:-\$}p" "$LOG")" "the full log is $LOG"
}

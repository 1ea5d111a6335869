#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An interactive shell in a guest: run.py --interactive tests/vm/shell.sh
cat > "$MHP_RUN/bashrc" <<'END'
. "$MHP_LIB"
PS1='guest:\w\$ '
echo "Kernel $(uname -r). Try: dimm_plug d0 1G; qmp_memory_devices; dimm_unplug d0. Ctrl-] ends the guest."
END
exec bash --rcfile "$MHP_RUN/bashrc" -i

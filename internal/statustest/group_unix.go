//go:build unix && !linux

package statustest

import (
	"os/exec"
	"syscall"
)

// inOwnGroup makes the browser the head of a process group, so that it and all its helpers can be ended together.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

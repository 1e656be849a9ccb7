package statustest

import (
	"os/exec"
	"syscall"
)

// inOwnGroup makes the browser the head of a process group, so that it and all its helpers can be ended together, and
// lets the kernel end it when the test process dies without having cleaned up.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

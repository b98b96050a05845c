"""Names of the errors that stand in a cell which did not run, or not to its end."""

NOT_RUN = "NotRun"
KERNEL_DIED = "KernelDied"
OUT_OF_TIME = "OutOfTime"

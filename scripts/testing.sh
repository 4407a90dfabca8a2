# How Swift Testing runs our tests; for the scripts that start it.

# All at once they take as long, but each of them nearly all that time, and time limits end those
# that had least of it.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${HEED_TEST_WIDTH:-$((\
    $(getconf _NPROCESSORS_ONLN) * 3))}"
# A walk up the stack at every throw, also of an error that is expected, is half of the time of
# tests that show what is refused.
export SWT_SWIFT_ERROR_BACKTRACING_ENABLED="${SWT_SWIFT_ERROR_BACKTRACING_ENABLED:-0}"

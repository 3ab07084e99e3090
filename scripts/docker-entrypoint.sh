#!/bin/sh
# Starts Squab in its image. Testcontainers' LocalStackContainer calls this path, as in the image of LocalStack.
exec node /squab/dist/cli.cjs "$@"

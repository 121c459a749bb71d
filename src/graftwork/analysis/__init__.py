"""Why a study came out as it did: analyses of what its run folder has saved."""

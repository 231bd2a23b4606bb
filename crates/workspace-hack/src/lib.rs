//! No code: see the manifest. Unifies the features of shared dependencies across the workspace.

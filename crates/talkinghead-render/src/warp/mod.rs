//! The one warp of the whole picture: its mesh, the triangles of a frame, and sampling the photograph through them.

pub(crate) mod delaunay;
pub(crate) mod field;
pub(crate) mod fold_edges;
pub(crate) mod holes;
pub(crate) mod mesh;
pub(crate) mod paint;
pub(crate) mod slope;

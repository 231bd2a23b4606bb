//! The report: one page that stands alone, pictures and charts inside.

mod charts;
mod contact_strips;
mod page;
mod rejections;
mod text;

pub(crate) use page::page;

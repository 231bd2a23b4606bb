//! Lists of tensors: a key and a shape a line.

use crate::element_count;

/// Most values that a listed tensor may have.
const LARGEST: usize = 1 << 28;

/// First line of a list that is a table.
const HEADING: &str = "key\tshape";

/// Keys and shapes from lines such as `netG.conv_img.weight 3x32x3x3` or `... scalar`; a blank or a tab between the two.
///
/// # Errors
/// Says which line is not understood.
pub fn parse_keys(text: &str) -> Result<Vec<(String, Vec<usize>)>, String> {
    let lines = text.lines().enumerate();
    let lines =
        lines.filter(|(number, line)| !line.trim().is_empty() && !line.starts_with('#') && (*number > 0 || *line != HEADING));
    lines
        .map(|(number, line)| {
            let wrong = || format!("line {}: `{line}` is no key and shape", number + 1);
            // In a table nothing at all stands for the shape of a scalar.
            let (key, shape) = match line.split_once('\t') {
                Some((key, "")) => (key, "scalar"),
                Some(cells) => cells,
                None => line.trim().rsplit_once(' ').ok_or_else(wrong)?,
            };
            let shape: Vec<usize> = match shape {
                "scalar" => Vec::new(),
                shape => shape.split('x').map(|size| size.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?,
            };
            let small = element_count(&shape).is_some_and(|count| count <= LARGEST);
            if small { Ok((key.to_string(), shape)) } else { Err(wrong()) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn shapes_scalars_and_comments() {
        let keys = parse_keys("# generator\na.weight 3x2\n\nb.count scalar\n").unwrap();
        assert_eq!(keys, [("a.weight".to_string(), vec![3, 2]), ("b.count".to_string(), vec![])]);
        assert_eq!(parse_keys("key\tshape\na.weight\t3x2\nb.count\t\n").unwrap(), keys);
        for wrong in ["a", "a 3x", "a -1", "a 99999999999x99999999999", "a 1073741824"] {
            assert!(parse_keys(&format!("ok 1\n{wrong}")).unwrap_err().contains("line 2"), "{wrong}");
        }
    }
}

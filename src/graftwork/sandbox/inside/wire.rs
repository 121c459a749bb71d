//! Inside: Rust values as JSON lines between a program and its tests, which are two processes. Types come from the
//! function's declaration on both sides; a value of another type, or one that is cut off, is an error.
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fs::File;
use std::hash::Hash;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::os::fd::FromRawFd;
use std::sync::Mutex;

const LARGEST_MESSAGE: u64 = 1 << 24;
const DEEPEST: usize = 200;

pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

type Read<T> = Result<T, String>;

fn another<T>(wanted: &str) -> Read<T> {
    Err(format!("a value of another type: no {wanted}"))
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> u8 {
        while self.at < self.text.len() && self.text[self.at].is_ascii_whitespace() {
            self.at += 1;
        }
        self.text.get(self.at).copied().unwrap_or(0)
    }
    fn take(&mut self, one: u8) -> bool {
        let there = self.peek() == one;
        self.at += there as usize;
        there
    }
    fn value(&mut self, depth: usize) -> Read<Value> {
        if depth > DEEPEST {
            return another("value so deep");
        }
        match self.peek() {
            b'"' => Ok(Value::Text(self.string()?)),
            b'[' => {
                let mut items = Vec::new();
                self.items(b']', |parser| Ok(items.push(parser.value(depth + 1)?)))?;
                Ok(Value::List(items))
            }
            b'{' => {
                let mut items = Vec::new();
                self.items(b'}', |parser| {
                    let key = parser.string()?;
                    if !parser.take(b':') {
                        return another("mapping");
                    }
                    Ok(items.push((key, parser.value(depth + 1)?)))
                })?;
                Ok(Value::Map(items))
            }
            _ => self.word(),
        }
    }
    fn items(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.at += 1;
        if self.take(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.take(close) {
                return Ok(());
            }
            if !self.take(b',') {
                return another("list");
            }
        }
    }
    fn word(&mut self) -> Read<Value> {
        let start = self.at;
        while self.at < self.text.len() && (self.text[self.at].is_ascii_alphanumeric() || b"+-.".contains(&self.text[self.at])) {
            self.at += 1;
        }
        match &self.text[start..self.at] {
            b"" => another("value"),
            b"null" => Ok(Value::Null),
            b"true" => Ok(Value::Bool(true)),
            b"false" => Ok(Value::Bool(false)),
            digits => Ok(Value::Number(String::from_utf8_lossy(digits).into_owned())),
        }
    }
    fn string(&mut self) -> Read<String> {
        if !self.take(b'"') {
            return another("text");
        }
        let mut bytes = Vec::new();
        loop {
            let one = *self.text.get(self.at).ok_or("a text that does not end")?;
            self.at += 1;
            match one {
                b'"' => return String::from_utf8(bytes).map_err(|error| error.to_string()),
                b'\\' => self.escaped(&mut bytes)?,
                _ => bytes.push(one),
            }
        }
    }
    fn unit(&mut self) -> Read<u32> {
        let digits = self.text.get(self.at..self.at + 4).ok_or("a text that does not end")?;
        self.at += 4;
        u32::from_str_radix(&String::from_utf8_lossy(digits), 16).map_err(|error| error.to_string())
    }
    fn escaped(&mut self, bytes: &mut Vec<u8>) -> Read<()> {
        let kind = *self.text.get(self.at).ok_or("a text that does not end")?;
        self.at += 1;
        let mut code = match kind {
            b'n' => 10,
            b't' => 9,
            b'r' => 13,
            b'b' => 8,
            b'f' => 12,
            b'u' => self.unit()?,
            other => other as u32,
        };
        if (0xD800..0xDC00).contains(&code) && self.text.get(self.at) == Some(&b'\\') {
            self.at += 2;
            code = 0x10000 + ((code - 0xD800) << 10) + (self.unit()? & 0x3FF);
        }
        let letter = char::from_u32(code).unwrap_or('\u{FFFD}');
        bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
}

pub fn parsed(text: &str) -> Read<Value> {
    Parser { text: text.as_bytes(), at: 0 }.value(0)
}

pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for one in text.chars() {
        match one {
            '"' | '\\' => out.extend(['\\', one]),
            _ if (one as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", one as u32)),
            _ => out.push(one),
        }
    }
    out.push('"');
}

/// A type that travels.
pub trait Sent {
    /// Whether it is a text, and so can be a key of an object; with other keys, a mapping is a list of pairs.
    const TEXT: bool = false;
    fn write(&self, out: &mut String);
}

pub trait Received: Sized {
    const TEXT: bool = false;
    fn read(value: &Value) -> Read<Self>;
}

pub fn written<T: Sent + ?Sized>(value: &T) -> String {
    let mut out = String::new();
    value.write(&mut out);
    out
}

macro_rules! numbers {
    ($print:literal: $($kind:ty)*) => {$(
        impl Sent for $kind {
            fn write(&self, out: &mut String) {
                let text = format!($print, self);
                match text.as_str() {
                    "NaN" | "inf" | "-inf" => quote(out, &text),
                    _ => out.push_str(&text),
                }
            }
        }
        impl Received for $kind {
            fn read(value: &Value) -> Read<Self> {
                match value {
                    Value::Number(text) | Value::Text(text) => text.parse().map_err(|error| format!("{error}")),
                    _ => another("number"),
                }
            }
        }
    )*};
}
numbers!("{}": i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
numbers!("{:?}": f32 f64);

impl Sent for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}
impl Received for bool {
    fn read(value: &Value) -> Read<Self> {
        match value {
            Value::Bool(one) => Ok(*one),
            _ => another("truth value"),
        }
    }
}
impl Sent for str {
    const TEXT: bool = true;
    fn write(&self, out: &mut String) {
        quote(out, self);
    }
}
impl Sent for String {
    const TEXT: bool = true;
    fn write(&self, out: &mut String) {
        quote(out, self);
    }
}
impl Received for String {
    const TEXT: bool = true;
    fn read(value: &Value) -> Read<Self> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            _ => another("text"),
        }
    }
}
impl Sent for char {
    fn write(&self, out: &mut String) {
        quote(out, &self.to_string());
    }
}
impl Received for char {
    fn read(value: &Value) -> Read<Self> {
        let text = String::read(value)?;
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(one), None) => Ok(one),
            _ => another("letter"),
        }
    }
}
impl Sent for () {
    fn write(&self, out: &mut String) {
        out.push_str("null");
    }
}
impl Received for () {
    fn read(_: &Value) -> Read<Self> {
        Ok(())
    }
}

macro_rules! behind {
    ($($kind:ty)*) => {$(
        impl<T: Sent + ?Sized> Sent for $kind {
            const TEXT: bool = T::TEXT;
            fn write(&self, out: &mut String) {
                (**self).write(out);
            }
        }
    )*};
}
behind!(&T &mut T Box<T>);
impl<T: Received> Received for Box<T> {
    fn read(value: &Value) -> Read<Self> {
        Ok(Box::new(T::read(value)?))
    }
}
impl<T: Sent> Sent for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }
}
impl<T: Received> Received for Option<T> {
    fn read(value: &Value) -> Read<Self> {
        match value {
            Value::Null => Ok(None),
            _ => T::read(value).map(Some),
        }
    }
}

fn write_items<'a, T: Sent + 'a>(out: &mut String, items: impl Iterator<Item = &'a T>) {
    out.push('[');
    for (number, item) in items.enumerate() {
        if number > 0 {
            out.push(',');
        }
        item.write(out);
    }
    out.push(']');
}
fn read_items<T: Received, C: FromIterator<T>>(value: &Value) -> Read<C> {
    match value {
        Value::List(items) => items.iter().map(T::read).collect(),
        _ => another("list"),
    }
}
impl<T: Sent> Sent for [T] {
    fn write(&self, out: &mut String) {
        write_items(out, self.iter());
    }
}
impl<T: Sent, const N: usize> Sent for [T; N] {
    fn write(&self, out: &mut String) {
        write_items(out, self.iter());
    }
}
impl<T: Received, const N: usize> Received for [T; N] {
    fn read(value: &Value) -> Read<Self> {
        read_items::<T, Vec<T>>(value)?.try_into().or_else(|_| another("list of that length"))
    }
}
macro_rules! collections {
    ($($name:ident: $($bound:path),*;)*) => {$(
        impl<T: Sent> Sent for $name<T> {
            fn write(&self, out: &mut String) {
                write_items(out, self.iter());
            }
        }
        impl<T: Received $(+ $bound)*> Received for $name<T> {
            fn read(value: &Value) -> Read<Self> {
                read_items(value)
            }
        }
    )*};
}
collections!(Vec:; VecDeque:; HashSet: Eq, Hash; BTreeSet: Ord;);

fn write_map<'a, K: Sent + 'a, V: Sent + 'a>(out: &mut String, items: impl Iterator<Item = (&'a K, &'a V)>) {
    out.push(if K::TEXT { '{' } else { '[' });
    for (number, (key, item)) in items.enumerate() {
        out.push_str(if number > 0 { "," } else { "" });
        out.push_str(if K::TEXT { "" } else { "[" });
        key.write(out);
        out.push(if K::TEXT { ':' } else { ',' });
        item.write(out);
        out.push_str(if K::TEXT { "" } else { "]" });
    }
    out.push(if K::TEXT { '}' } else { ']' });
}
fn read_map<K: Received, V: Received, C: FromIterator<(K, V)>>(value: &Value) -> Read<C> {
    match value {
        Value::Map(items) if K::TEXT => {
            items.iter().map(|(key, item)| Ok((K::read(&Value::Text(key.clone()))?, V::read(item)?))).collect()
        }
        _ if !K::TEXT => read_items::<(K, V), C>(value),
        _ => another("mapping"),
    }
}
macro_rules! mappings {
    ($($name:ident: $($bound:path),*;)*) => {$(
        impl<K: Sent, V: Sent> Sent for $name<K, V> {
            fn write(&self, out: &mut String) {
                write_map(out, self.iter());
            }
        }
        impl<K: Received $(+ $bound)*, V: Received> Received for $name<K, V> {
            fn read(value: &Value) -> Read<Self> {
                read_map(value)
            }
        }
    )*};
}
mappings!(HashMap: Eq, Hash; BTreeMap: Ord;);

macro_rules! tuples {
    ($($count:literal: $($name:ident $index:tt),*;)*) => {$(
        impl<$($name: Sent),*> Sent for ($($name,)*) {
            fn write(&self, out: &mut String) {
                $(
                    out.push(if $index == 0 { '[' } else { ',' });
                    self.$index.write(out);
                )*
                out.push(']');
            }
        }
        impl<$($name: Received),*> Received for ($($name,)*) {
            fn read(value: &Value) -> Read<Self> {
                match value {
                    Value::List(items) if items.len() == $count => Ok(($($name::read(&items[$index])?,)*)),
                    _ => another("tuple of that length"),
                }
            }
        }
    )*};
}
tuples!(
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
);

fn file(number: i32) -> std::mem::ManuallyDrop<File> {
    std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(number) })
}

fn send(channel: i32, line: &str) -> bool {
    file(channel).write_all(format!("{line}\n").as_bytes()).is_ok()
}

static INCOMING: Mutex<Option<BufReader<File>>> = Mutex::new(None);

fn receive() -> Option<String> {
    let mut incoming = INCOMING.lock().ok()?;
    let reader = incoming.get_or_insert_with(|| BufReader::new(unsafe { File::from_raw_fd(3) }));
    let mut line = Vec::new();
    reader.take(LARGEST_MESSAGE).read_until(b'\n', &mut line).ok()?;
    line.ends_with(b"\n").then(|| String::from_utf8_lossy(&line).into_owned())
}

// The program's side: calls the function for every line of arguments.
pub type Function = fn(&[Value]) -> Read<String>;

pub fn argument<T: Received>(given: &[Value], number: usize) -> Read<T> {
    T::read(given.get(number).ok_or("too few arguments")?)
}

fn answered(function: Function, line: &str) -> String {
    let called = std::panic::catch_unwind(|| match parsed(line)? {
        Value::List(given) => function(&given),
        _ => another("list of arguments"),
    });
    let result = called.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
        Err(text.or(panic.downcast_ref::<String>().cloned()).unwrap_or("something that is no text".into()))
    });
    match result {
        Ok(value) => format!("{{\"value\":{value}}}"),
        Err(reason) => {
            let mut reply = String::from("{\"raised\":[");
            quote(&mut reply, &reason);
            reply + "]}"
        }
    }
}

pub fn serve(function: Function) {
    while let Some(line) = receive() {
        if !send(4, &answered(function, &line)) {
            break;
        }
    }
    std::process::exit(0);
}

pub fn run_cases(function: Function, lines: &[&str]) {
    let replies: Vec<String> = lines.iter().map(|line| answered(function, line)).collect();
    send(5, &format!("[{}]", replies.join(",")));
    std::process::exit(0);
}

// The tests' side: a result is said once, when the tests are over; the first panic ends them.
pub fn say(passed: bool, reason: &str) -> ! {
    let mut said = format!("{{\"passed\":{passed},\"reason\":");
    quote(&mut said, reason);
    send(5, &(said + "}"));
    std::process::exit(0);
}

pub fn judge(tests: &[fn()]) {
    std::panic::set_hook(Box::new(|panic| say(false, &panic.to_string())));
    tests.iter().for_each(|test| test());
    say(!tests.is_empty(), "no tests");
}

pub fn ask<R: Received>(given: &[String]) -> R {
    let reply = if send(4, &format!("[{}]", given.join(","))) { receive() } else { None };
    let Some(reply) = reply else { say(false, "the program ended before its tests did") };
    let said = match parsed(&reply) {
        Ok(Value::Map(items)) => items.into_iter().next(),
        _ => None,
    };
    match said {
        Some((name, value)) if name == "value" => R::read(&value).unwrap_or_else(|reason| say(false, &reason)),
        Some((name, value)) if name == "raised" => {
            say(false, &Vec::<String>::read(&value).unwrap_or_default().concat())
        }
        _ => say(false, "a reply that cannot be read"),
    }
}

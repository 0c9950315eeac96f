use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::args::{Global, Profile as Command};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::settings::read_secret;

/// The file of profiles.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    /// The profile to use when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// Settings under a name; the keys are the options of the command line.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) struct Profile {
    pub(crate) url: Option<String>,
    pub(crate) root: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) password_file: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) key_file: Option<String>,
    pub(crate) header: Option<String>,
    pub(crate) cacert: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) cert_key: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) trust_origins: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) allow_http: bool,
}

impl Profile {
    fn has_secrets(&self) -> bool {
        self.password.is_some() || self.key.is_some()
    }

    fn of(global: &Global) -> Result<Self, Failure> {
        // Standard input is gone tomorrow: what it says is kept instead.
        let keep = |file: &Option<String>| file.as_deref().filter(|file| *file == "-").map(read_secret).transpose();
        let file = |file: &Option<String>| {
            file.clone().filter(|file| file != "-").map(|file| absolute(Path::new(&file)).display().to_string())
        };
        let path = |path: &Option<PathBuf>| path.as_deref().map(absolute);
        Ok(Self {
            url: global.url.clone(),
            root: global.root.clone(),
            user: global.user.clone(),
            password: keep(&global.password_file)?,
            password_file: file(&global.password_file),
            key: keep(&global.key_file)?.or_else(|| global.key.clone()),
            key_file: file(&global.key_file),
            header: global.header.clone(),
            cacert: path(&global.cacert),
            cert: path(&global.cert),
            cert_key: path(&global.cert_key),
            trust_origins: global.trust_origin.clone(),
            allow_http: global.allow_http,
        })
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl Profiles {
    pub(crate) fn get(&self, name: &str) -> Result<&Profile, Failure> {
        self.profiles.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            let there =
                if names.is_empty() { "there is none".to_owned() } else { format!("there are: {}", names.join(", ")) };
            Failure { exit: Exit::Usage, text: format!("there is no profile {name:?}; {there}") }
        })
    }

    pub(crate) fn default_profile(&self) -> Result<Option<&Profile>, Failure> {
        self.default.as_deref().map(|name| self.get(name)).transpose()
    }
}

pub(crate) fn run(command: Command, global: &Global, console: &Console) -> Result<Exit, Failure> {
    let mut all = load(console)?;
    match command {
        Command::Add { name } => {
            if global.url.is_none() {
                return Err(Failure::usage("a profile needs a server: give --url URL"));
            }
            all.profiles.insert(name.clone(), Profile::of(global)?);
            if all.profiles.len() == 1 {
                all.default = Some(name.clone());
            }
            save(&all)?;
            console.summary(&format!("kept {name} in {}", file()?.display()));
        }
        Command::List => list(&all, global)?,
        Command::Show { name } => show(all.get(&name)?)?,
        Command::Remove { name } => {
            all.get(&name)?;
            all.profiles.remove(&name);
            all.default = all.default.filter(|default| *default != name);
            save(&all)?;
        }
        Command::Use { name } => {
            all.get(&name)?;
            all.default = Some(name);
            save(&all)?;
        }
    }
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    url: Option<&'a str>,
    user: Option<&'a str>,
    default: bool,
}

fn list(all: &Profiles, global: &Global) -> Result<(), Failure> {
    let lines: Vec<Line<'_>> = all
        .profiles
        .iter()
        .map(|(name, profile)| Line {
            name,
            url: profile.url.as_deref(),
            user: profile.user.as_deref(),
            default: all.default.as_ref() == Some(name),
        })
        .collect();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    output::list(output::format(global.output), "profiles", &lines, &["NAME", "URL", "USER", "DEFAULT"], |line| {
        vec![
            line.name.to_owned(),
            text(line.url),
            text(line.user),
            if line.default { "yes".to_owned() } else { String::new() },
        ]
    })
}

fn show(profile: &Profile) -> Result<(), Failure> {
    let hide = |secret: &Option<String>| secret.as_ref().map(|_| "(kept, not shown)".to_owned());
    let shown = Profile { password: hide(&profile.password), key: hide(&profile.key), ..profile.clone() };
    let text = toml::to_string(&shown).map_err(|error| Failure::usage(error.to_string()))?;
    output::line(text.trim_end())
}

/// `$TAXII_CLIENT_CONFIG`, or `taxii/config.toml` in the user's configuration directory.
fn file() -> Result<PathBuf, Failure> {
    if let Some(path) = std::env::var_os("TAXII_CLIENT_CONFIG") {
        return Ok(path.into());
    }
    directory("XDG_CONFIG_HOME", ".config").map(|directory| directory.join("taxii").join("config.toml"))
}

/// A directory of the XDG base directory specification: from the environment, else below the home directory.
pub(crate) fn directory(variable: &str, below_home: &str) -> Result<PathBuf, Failure> {
    let set = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| std::env::home_dir().map(|home| home.join(below_home)))
        .ok_or_else(|| Failure::usage(format!("there is no home directory; set {variable}")))
}

pub(crate) fn load(console: &Console) -> Result<Profiles, Failure> {
    let file = file()?;
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Profiles::default()),
        Err(error) => return Err(Failure::file(file.display(), &error)),
    };
    let all: Profiles =
        toml::from_str(&text).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    if all.profiles.values().any(Profile::has_secrets) && open_to_others(&file) {
        console.warn(&format!(
            "{} holds secrets and others can read it; run: chmod 600 {}",
            file.display(),
            file.display()
        ));
    }
    Ok(all)
}

#[cfg(unix)]
fn open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> bool {
    false
}

fn save(all: &Profiles) -> Result<(), Failure> {
    let text = toml::to_string(all).map_err(|error| Failure::usage(error.to_string()))?;
    replace(&file()?, text.as_bytes())
}

/// Writes a file so that it is there as a whole or not at all, and readable to its owner alone.
pub(crate) fn replace(file: &Path, content: &[u8]) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| Failure::file(file.display(), &error);
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(wrong)?;
    // Temporary files have mode 0600 from their first moment.
    let mut temporary = tempfile::NamedTempFile::new_in(directory).map_err(wrong)?;
    temporary.write_all(content).map_err(wrong)?;
    temporary.as_file().sync_all().map_err(wrong)?;
    temporary.persist(file).map_err(|error| wrong(error.error))?;
    Ok(())
}

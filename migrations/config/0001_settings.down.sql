DROP TABLE config.settings, config.versions, config.publications, config.revisions;

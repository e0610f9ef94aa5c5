"""Who answers: the systems that are measured on the same cases."""

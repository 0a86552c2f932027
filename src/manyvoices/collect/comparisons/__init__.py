"""The comparisons stage: models side by side without their names, and what people said of them."""

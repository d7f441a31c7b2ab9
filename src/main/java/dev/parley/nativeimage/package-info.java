/**
 * What the native image builder has to be told: substitutions that hold in the native executable and nowhere else. Nothing here is called by name.
 */
package dev.parley.nativeimage;
